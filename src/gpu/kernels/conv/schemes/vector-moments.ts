/**
 * WGSL of the moments of a tile's columns, which a vector scheme's threads hold in registers after the last addition. Every thread
 * writes those of its fours of rows into the memory of the panels; a thread for each column then joins those of a chunk.
 */
import { chunkMoments, chunkQuads, chunkRows } from '../../chunk-moments.ts'
import { threadsOf, type VectorScheme } from '../../schemes.ts'
import { lines, times } from '../../text.ts'
import type { Statements } from '../product.ts'
import type { VectorProduct } from '../vector-product.ts'

/** Threads down and right in a tile. In fours of rows and of columns, a thread's next one is as many away. */
const threadsIn = ({ rows, columns, threadRows, threadColumns }: VectorScheme) => ({
  down: rows / threadRows,
  right: columns / threadColumns,
})

/** vec4s that both panels have room for. */
const roomOf = ({ rows, columns, depth }: VectorScheme): number => (Math.min(rows, columns) * depth) / 4

/** Whether the tiles of a scheme consist of whole chunks whose moments fit into the panels. */
export function hasMoments(scheme: VectorScheme): boolean {
  const { down, right } = threadsIn(scheme)
  const whole = scheme.rows % chunkRows === 0 && chunkQuads % down === 0
  return whole && chunkQuads * right <= roomOf(scheme) && scheme.columns <= threadsOf(scheme)
}

/** Writes and joins the moments of chunk `g` of the tile in the thread's vec4s of columns `own`. */
function chunk(g: number, own: readonly number[], { rows: count }: VectorProduct, scheme: VectorScheme): Statements {
  const { down, right } = threadsIn(scheme)
  const wide = own.length * right
  const quads = times(scheme.threadRows / 4).filter((r) => Math.floor((r * down) / chunkQuads) === g)
  const write = (r: number, c: number, i: number) => `{
        let own = momentsOf(${times(4).map((k) => `sum${4 * r + k}_${c}`)}, live${r});
        let to = (hidden + down + ${(r * down) % chunkQuads}) * ${wide} + right + ${i * right};
        panelA[to] = own.sum;
        panelB[to] = own.squares;
      }`
  return `
      workgroupBarrier();
      ${quads.flatMap((r) => own.map((c, i) => write(r, c, i))).join('\n')}
      workgroupBarrier();
      {
        let begin = hidden + firstRow + ${chunkRows * g};
        let column = hidden + firstColumn + ${4 * own[0] * right} + thread;
        if (thread < ${4 * wide} && begin < ${count} && column < u.columns) {
          let vector = (hidden + thread) / 4;
          let component = (hidden + thread) % 4;
          let rows = min(${count} - begin, ${chunkRows});
          ${chunkMoments({
            rows: 'rows',
            sum: (q) => `panelA[${q} * ${wide} + vector][component]`,
            squares: (q) => `panelB[${q} * ${wide} + vector][component]`,
          })}
          let to = begin / ${chunkRows} * 2 * u.columns + column;
          partial[to] = all.sum;
          partial[to + u.columns] = all.squares;
        }
      }`
}

/** Statements behind the stores: `m0` … are the thread's rows, `sum0_0` … its results; `hidden` is 0. */
export function tileMoments(product: VectorProduct, scheme: VectorScheme): Statements {
  const { rows: count, asStored } = product
  const vectors = scheme.threadColumns / 4
  const each = (make: (r: number, c: number) => Statements) =>
    lines(scheme.threadRows, (r) => lines(vectors, (c) => make(r, c)))
  const together = chunkQuads * scheme.columns <= 4 * roomOf(scheme)
  const rounds = together ? [times(vectors)] : times(vectors).map((c) => [c])
  const chunks = times(scheme.rows / chunkRows)
  return `
      ${asStored ? each((r, c) => `sum${r}_${c} = ${asStored(`sum${r}_${c}`, 'u32(hidden)')};`) : ''}
      if (firstRow + ${scheme.rows} > ${count}) {
        ${each((r, c) => `sum${r}_${c} = select(vec4f(), sum${r}_${c}, m${r} < ${count});`)}
      }
      ${lines(scheme.threadRows / 4, (r) => `let live${r} = select(vec4f(), vec4f(1f), vec4i(${times(4).map((k) => `m${4 * r + k}`)}) < vec4i(${count}));`)}
      ${chunks.flatMap((g) => rounds.map((own) => chunk(g, own, product, scheme))).join('\n')}`
}
