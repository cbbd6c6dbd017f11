/** WGSL of a product for workgroups that load panels number by number into workgroup memory. */
import { type TileScheme, threadsOf } from '../../schemes.ts'
import { entry, lines, xyzw } from '../../text.ts'
import type { Panel, Product, Statements } from '../product.ts'
import { accumulators, stored, summedApart } from './common.ts'

/** Fills a panel of `quads` groups of four lines, `depth` steps deep, by as many loads a thread as that takes. */
function fillPanel(name: string, panel: Panel, quads: number, depth: number, threads: number): Statements {
  const [total, own] = [quads * depth, (l: number) => `(i32(index) + ${l * threads})`]
  return lines(loadsOf(total, threads), (l) => {
    const byReduction = panel.neighbors === 'reduction'
    const k = byReduction ? `${own(l)} % ${depth}` : `${own(l)} / ${quads}`
    const quad = byReduction ? `${own(l)} / ${depth}` : `${own(l)} % ${quads}`
    const code = `let k = ${k}; let quad = ${quad}; ${name}[k * ${quads} + quad] = ${panel.four('k', 'quad', l)};`
    return (l + 1) * threads <= total ? `{ ${code} }` : `if (${own(l)} < ${total}) { ${code} }`
  })
}

const loadsOf = (total: number, threads: number) => Math.ceil(total / threads)

export function tileCode(product: Product, scheme: TileScheme): Statements {
  const { functions, prologue, rows: count, panels, resultAt } = product
  const { rows, columns, depth, threadRows, threadColumns } = scheme
  const threads = threadsOf(scheme)
  const [rowQuads, columnQuads] = [rows / 4, columns / 4]
  const [tr, tc] = [threadRows / 4, threadColumns / 4]
  const loads = loadsOf(rowQuads * depth, threads)
  const products = `for (var k = 0; k < ${depth}; k++) {
        ${lines(tr, (r) => `let a${r} = panelA[k * ${rowQuads} + down * ${tr} + ${r}];`)}
        ${lines(tc, (c) => `let b${c} = panelB[k * ${columnQuads} + right * ${tc} + ${c}];`)}
        ${lines(threadRows, (r) => lines(tc, (c) => `part${r}_${c} = fma(vec4f(a${r >> 2}.${xyzw[r % 4]}), b${c}, part${r}_${c});`))}
      }`
  const turn = `
      workgroupBarrier();
      ${fillPanel('panelA', panels.left, rowQuads, depth, threads)}
      ${fillPanel('panelB', panels.right, columnQuads, depth, threads)}
      workgroupBarrier();
      ${summedApart(threadRows, tc, 'vec4f()')(products)}`
  return `${functions}
var<workgroup> panelA : array<vec4f, ${rowQuads * depth}>;
var<workgroup> panelB : array<vec4f, ${columnQuads * depth}>;
${panels.functions}
${entry(threads)}
  ${prologue(rows, columns)}
  let down = i32(index) / ${columns / threadColumns};
  let right = i32(index) % ${columns / threadColumns};
  ${lines(loads, (l) => panels.row(l, `firstRow + 4 * ((i32(index) + ${l * threads}) / ${depth})`))}
  ${accumulators('sum', threadRows, tc, 'vec4f()')}
  ${panels.loops(depth, loads, turn)}
  ${lines(
    threadRows,
    (r) => `{ let m = firstRow + down * ${threadRows} + ${r};
    if (m < ${count}) {
      let to = split * u.size + ${resultAt('m')};
      ${lines(tc, (c) => lines(4, (v) => `{ let n = firstColumn + right * ${threadColumns} + ${4 * c + v}; if (n < u.columns) { ${stored(product, 'to + n', `sum${r}_${c}.${xyzw[v]}`)} } }`))}
    } }`,
  )}
}`
}
