/**
 * WGSL of the moments of the columns of a matrix, chunk by chunk: a chunk's sum, and its sum of squares around its mean. Batch norm's
 * own program and convolutions in vector schemes contain this text, so that both compute the same bytes. Products that are added are
 * `fma`, because compilers may contract others in one program and not in the other.
 */
import type { ElementType } from '../program.ts'
import { lines } from './text.ts'

/** Rows of a chunk. */
export const chunkRows = 64

/** Fours of neighboring rows in a chunk. */
export const chunkQuads = chunkRows / 4

/**
 * WGSL of `Moments`, of `momentsOf`, those of four rows, and of what `chunkMoments` needs. A row beyond the last one has the values 0,
 * and 0 in `live`, where the others have 1.
 */
export const momentsCode = (type: ElementType): string => `
struct Moments { sum : ${type}, squares : ${type} }
fn momentsOf(x0 : ${type}, x1 : ${type}, x2 : ${type}, x3 : ${type}, live : vec4f) -> Moments {
  let sum = (x0 + x1) + (x2 + x3);
  let mean = sum * (1f / max((live.x + live.y) + (live.z + live.w), 1f));
  let d0 = fma(${type}(-live.x), mean, x0);
  let d1 = fma(${type}(-live.y), mean, x1);
  let d2 = fma(${type}(-live.z), mean, x2);
  let d3 = fma(${type}(-live.w), mean, x3);
  return Moments(sum, fma(d0, d0, d1 * d1) + fma(d2, d2, d3 * d3));
}
struct Part { sum : f32, squares : f32 }
/** Of two parts of a column with the same number of rows; \`share\`: one by the number of rows of both. */
fn joined(a : Part, b : Part, share : f32) -> Part {
  let d = b.sum - a.sum;
  return Part(a.sum + b.sum, fma(share * d, d, a.squares + b.squares));
}
`

/** Joins parts number q and q + `left`. */
const halvesJoined = (left: number): string =>
  lines(left, (q) => `let p${left}_${q} = joined(p${2 * left}_${q}, p${2 * left}_${q + left}, ${left / chunkRows}f);`)

interface Quads {
  /** Rows of the chunk, an i32 from 1 on. */
  readonly rows: string
  /** The moments of its four rows number `q` in the column. */
  readonly sum: (q: string) => string
  readonly squares: (q: string) => string
}

/**
 * Declares `all`, the `Part` of a column that is a chunk. Joins moments as Chan, Golub & LeVeque (1983) do: as a tree in a whole
 * chunk, one after the other in the last one, if that has fewer rows.
 */
export const chunkMoments = ({ rows, sum, squares }: Quads): string => `
  var all = Part();
  if (${rows} == ${chunkRows}) {
    ${lines(chunkQuads, (q) => `let p${chunkQuads}_${q} = Part(${sum(String(q))}, ${squares(String(q))});`)}
    ${[8, 4, 2, 1].map(halvesJoined).join('\n')}
    all = p1_0;
  } else {
    for (var q = 0; 4 * q < ${rows}; q++) {
      let before = f32(4 * q);
      let more = f32(min(${rows} - 4 * q, 4));
      let sum = ${sum('q')};
      let d = fma(sum, 1f / more, -(all.sum * (1f / max(before, 1f))));
      all = Part(all.sum + sum, fma(d * (before * more / (before + more)), d, all.squares + ${squares('q')}));
    }
  }`
