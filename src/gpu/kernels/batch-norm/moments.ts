/** The moments of training batch norm: sums and sums of squares of chunks of rows, which `statisticsProgram` joins. */
import type { Program } from '../../program.ts'
import { chunkMoments, chunkQuads, chunkRows, momentsCode } from '../chunk-moments.ts'
import { eachRow, type RowLayout, rowEntry, rowThreads, rowUniforms, sumOfFour } from '../rows.ts'
import { entry, lines, spread } from '../text.ts'
import { vectorFor } from '../vectors.ts'
import { partialSums, storePartial } from './sums.ts'
import type { NormShape } from './text.ts'

/** Vectors of channels of one chunk or several that a workgroup of a GPU has side by side. */
const wide = rowThreads / chunkQuads

/** Declares a vector of channels `c` of a chunk by its number. */
const vectorAt = (number: string) => `let own = min(${number}, u.count - 1u);
  let c = own % u.channels;
  let chunk = own / u.channels;`

/**
 * partial [chunks, 2, C]: a chunk's sum, and its sum of squares around its mean. A thread reads four rows; then a thread for each
 * channel joins them. A compiled step computes the same where a convolution computes x (`../../compile/fuse-moments.ts`).
 */
export function chunkedMomentsProgram({ channels }: NormShape): Program {
  const { type, width } = vectorFor(channels)
  const quad = (name: string) => (q: string) =>
    `${name}[u32(${q}) * ${wide}u + index / ${width}u]${width === 4 ? '[index % 4u]' : ''}`
  return {
    key: `batch-norm-moments-${width}-chunks`,
    outputs: { partial: 'f32' },
    inputs: { x: type },
    uniforms: { rows: 'u32', channels: 'u32', count: 'u32' },
    moments: true,
    half: { reads: ['x'] },
    code: `
var<workgroup> sumOf : array<${type}, ${rowThreads}>;
var<workgroup> squaresOf : array<${type}, ${rowThreads}>;
${momentsCode(type)}${entry(rowThreads)}
  let begin = (group.y * groups.x + group.x) * ${wide}u;
  {
    ${vectorAt(`begin + index % ${wide}u`)}
    let first = ${chunkRows}u * chunk + 4u * (index / ${wide}u);
    ${lines(4, (k) => `let x${k} = x[min(first + ${k}u, u.rows - 1u) * u.channels + c];`)}
    let live = select(vec4f(), vec4f(1f), vec4u(first) + vec4u(0u, 1u, 2u, 3u) < vec4u(u.rows));
    let four = momentsOf(${[0, 1, 2, 3].map((k) => `select(${type}(), x${k}, first + ${k}u < u.rows)`).join(', ')}, live);
    sumOf[index] = four.sum;
    squaresOf[index] = four.squares;
  }
  workgroupBarrier();
  if (index < ${wide * width}u && begin + index / ${width}u < u.count) {
    ${vectorAt(`begin + index / ${width}u`)}
    let rows = i32(min(u.rows - ${chunkRows}u * chunk, ${chunkRows}u));
    ${chunkMoments({ rows: 'rows', sum: quad('sumOf'), squares: quad('squaresOf') })}
    let to = (2u * chunk * u.channels + c) * ${width}u + index % ${width}u;
    partial[to] = all.sum;
    partial[to + u.channels * ${width}u] = all.squares;
  }
}`,
  }
}

/** The same for software adapters: one thread adds up a chunk's vector. */
function plainMomentsProgram({ channels }: NormShape, layout: RowLayout): Program {
  const { type, width } = vectorFor(channels)
  const rows = eachRow(layout, {
    load: (k, at) => `let x${k} = x[${at}];`,
    four: `let sum = ${sumOfFour((k) => `x${k}`)};
    let mean = 0.25f * sum;
    ${lines(4, (k) => `let d${k} = x${k} - mean;`)}
    all = joined(all, Moments(4f, sum, fma(d0, d0, d1 * d1) + fma(d2, d2, d3 * d3)));`,
    one: `all = joined(all, Moments(1f, x0, ${type}()));`,
  })
  return {
    key: `batch-norm-moments-${width}-${layout.lanes}`,
    outputs: { partial: type },
    inputs: { x: type },
    uniforms: rowUniforms,
    half: { reads: ['x'] },
    code: `
/** Number, sum, and sum of squares around the mean; joined as by Chan, Golub & LeVeque (1983). */
struct Moments { n : f32, sum : ${type}, squares : ${type} }
fn joined(a : Moments, b : Moments) -> Moments {
  let n = a.n + b.n;
  let d = b.sum / max(b.n, 1f) - a.sum / max(a.n, 1f);
  return Moments(n, a.sum + b.sum, a.squares + b.squares + d * d * (a.n * b.n / max(n, 1f)));
}
${rowEntry(layout)}
  var all = Moments();${rows}
  ${storePartial(layout, 'all.sum', 'all.squares')}`,
  }
}

/** The program of the moments and its dispatch, with the rows and the number of its chunks. */
export function partialMoments(shape: NormShape, software: boolean) {
  if (software) {
    const { layout, parts, uniforms, workgroups } = partialSums(shape, software)
    return { program: plainMomentsProgram(shape, layout), parts, chunk: uniforms.chunk, uniforms, workgroups }
  }
  const columns = shape.channels / vectorFor(shape.channels).width
  const parts = Math.ceil(shape.rows / chunkRows)
  const count = parts * columns
  return {
    program: chunkedMomentsProgram(shape),
    parts,
    chunk: chunkRows,
    uniforms: { rows: shape.rows, channels: columns, count },
    workgroups: spread(Math.ceil(count / wide)),
  }
}
