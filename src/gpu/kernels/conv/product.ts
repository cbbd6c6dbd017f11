/**
 * Emits WGSL of a matrix product in a scheme. A convolution describes the product: its rows, the loops of its reduction and
 * how to load the two operands. This file adds the sharing of a tile among threads, the accumulators and the stores.
 */
import {
  type QuadScheme,
  type RegisterScheme,
  registerGroup,
  type Scheme,
  stepOf,
  type TileScheme,
  threadsOf,
} from '../schemes.ts'
import { lines, times, xyzw } from '../text.ts'

type Expression = string
type Statements = string

/** The loops of a reduction. */
export interface Loops {
  /** Steps of the reduction that one turn of the innermost loop takes. */
  readonly step: number
  /**
   * Multiplies and adds. Where neighbors follow the reduction, it takes four steps from `4 · d` on and adds their sum to the
   * total. Where they follow the rows, it takes step `d` and adds to the part.
   */
  readonly turn: (d: number) => Statements
  /** Starts a part at zero before `loop` and adds it to the total after. */
  readonly part: (loop: Statements) => Statements
}

/** How quad and register schemes load the left operand. */
interface Left {
  /** Whether neighbors in memory follow the reduction or the rows; four of them are loaded together. */
  readonly neighbors: 'reduction' | 'rows'
  /** Declares what the loads of row `index` need, under the number `r`. */
  readonly row: (r: number, index: Expression) => Statements
  /** The value of row `r` at step `at`; without `at` at the loop's current step. */
  readonly value: (r: number, at?: Expression) => Expression
  /** The values of row `r` at four steps, as a vec4f. Present where neighbors follow the reduction. */
  readonly four?: (r: number) => Expression
}

/** How tile schemes load a panel. */
interface Panel {
  /** Which neighbors in memory neighboring threads load. */
  readonly neighbors: 'reduction' | 'lines'
  /** Four rows or columns, numbers `4 · quad` on in the tile, at step `k` of the turn, as a vec4f; `l` numbers the thread's loads. */
  readonly four: (k: Expression, quad: Expression, l: number) => Expression
}

interface Panels {
  readonly functions: Statements
  /** Declares what load `l` of the left panel needs, from the index of its first row. */
  readonly row: (l: number, index: Expression) => Statements
  /** The loops of the reduction around `turn`; `loads`: loads of the left panel in a turn. */
  readonly loops: (step: number, loads: number, turn: Statements) => Statements
  readonly left: Panel
  readonly right: Panel
}

/** A matrix product. The emitted code uses its uniforms `columns` and `size` (values of one split's result). */
export interface Product {
  /** Declarations before the entry point. */
  readonly functions: Statements
  /** Declares `split`, `firstRow` and `firstColumn` for a tile of this size; returns where the tile lies outside. */
  readonly prologue: (rows: number, columns: number) => Statements
  /** Number of rows. */
  readonly rows: Expression
  readonly left: Left
  /** The right operand's value in a column at step `at`; without `at` at the loop's current step. */
  readonly right: (column: Expression, at?: Expression) => Expression
  readonly loops: (loops: Loops) => Statements
  readonly panels: Panels
  /** Index of a row's first result; `r` is given where `left.row` has declared the row. */
  readonly resultAt: (index: Expression, r?: number) => Expression
}

const entry = (threads: string, builtins = '') => `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u,
        @builtin(local_invocation_index) index : u32${builtins}) {`

/** Declares `NAME0_0`, one accumulator for each row and column. */
const accumulators = (name: string, rows: number, columns: number, zero: string): Statements =>
  lines(rows, (r) =>
    times(columns)
      .map((c) => `var ${name}${r}_${c} = ${zero};`)
      .join(' '),
  )

/**
 * Sums `loop` apart from the total. A sum of n terms in one go rounds n times at the size of the total; in parts of m
 * terms, it rounds n / m times at that size.
 */
const summedApart =
  (rows: number, columns: number, zero: string) =>
  (loop: Statements): Statements =>
    `{
    ${accumulators('part', rows, columns, zero)}
    ${loop}
    ${lines(rows, (r) =>
      times(columns)
        .map((c) => `sum${r}_${c} += part${r}_${c};`)
        .join(' '),
    )}
  }`

/** A sum of four products, whose factors are `left(q)` and `right(q)`. */
const fourProducts = (left: (q: number) => Expression, right: (q: number) => Expression): Expression =>
  [1, 2, 3].reduce((sum, q) => `fma(${left(q)}, ${right(q)}, ${sum})`, `${left(0)} * ${right(0)}`)

function quadCode({ functions, prologue, rows: count, left, right, loops, resultAt }: Product, scheme: QuadScheme) {
  const { rows, columns } = scheme
  // A thread loads a quarter of four steps of every row, or of one step of every fourth row.
  const alongRows = left.neighbors === 'rows'
  const loaded = alongRows ? rows / 4 : rows
  const along = (d: number) => `
      ${lines(4, (q) => lines(columns, (c) => `let b${q}_${c} = ${right(`n${c}`, `i + ${4 * d + q}`)};`))}
      ${lines(
        rows,
        (r) => `{
        ${lines(4, (q) => `let v${q} = quadBroadcast(a${r}, ${q}u);`)}
        ${lines(
          columns,
          (c) =>
            `sum${r}_${c} += ${fourProducts(
              (q) => `v${q}`,
              (q) => `b${q}_${c}`,
            )};`,
        )} }`,
      )}`
  const across = `
      ${lines(columns, (c) => `let b${c} = ${right(`n${c}`)};`)}
      ${lines(
        rows,
        (r) => `{ let v = quadBroadcast(a${r >> 2}, ${r % 4}u);
        ${lines(columns, (c) => `part${r}_${c} = fma(v, b${c}, part${r}_${c});`)} }`,
      )}`
  const turn = (d: number) => `{
      ${lines(loaded, (r) => `let a${r} = ${left.value(r, `i + ${4 * d} + lane`)};`)}
      ${alongRows ? across : along(d)} }`
  return `${functions}${entry('4', ',\n        @builtin(subgroup_invocation_id) invocation : u32')}
  // quadBroadcast numbers the threads of a quad by their place in the subgroup.
  let lane = i32(invocation % 4);
  ${prologue(rows, 4 * columns)}
  ${lines(loaded, (r) => left.row(r, alongRows ? `firstRow + ${4 * r} + lane` : `firstRow + ${r}`))}
  ${lines(columns, (c) => `let n${c} = min(firstColumn + ${4 * c} + lane, u.columns - 1);`)}
  ${accumulators('sum', rows, columns, '0f')}
  ${loops({ step: stepOf(scheme), turn, part: summedApart(rows, columns, '0f') })}
  ${lines(
    rows,
    (r) => `if (firstRow + ${r} < ${count}) {
    let to = split * u.size + ${resultAt(`firstRow + ${r}`, alongRows ? undefined : r)};
    ${lines(columns, (c) => `if (firstColumn + ${4 * c} + lane < u.columns) { result[to + n${c}] = sum${r}_${c}; }`)}
  }`,
  )}
}`
}

function registerCode(product: Product, scheme: RegisterScheme): Statements {
  const { functions, prologue, rows: count, left, right, loops, resultAt } = product
  const { rows, vectors } = scheme
  const [wide, high] = registerGroup
  const column = (v: number, c: number) => `min(n${v} + ${c}, u.columns - 1)`
  const four = (v: number, at?: Expression) => `vec4f(${times(4).map((c) => right(column(v, c), at))})`
  const along = (load: (r: number) => Expression) => `
      ${lines(rows, (r) => `let a${r} = ${load(r)};`)}
      ${lines(4, (q) => lines(vectors, (v) => `let b${q}_${v} = ${four(v, `i + ${q}`)};`))}
      ${lines(rows, (r) =>
        lines(
          vectors,
          (v) =>
            `sum${r}_${v} += ${fourProducts(
              (q) => `vec4f(a${r}.${xyzw[q]})`,
              (q) => `b${q}_${v}`,
            )};`,
        ),
      )}`
  const across = `
      ${lines(rows, (r) => `let a${r} = ${left.value(r)};`)}
      ${lines(vectors, (v) => `let b${v} = ${four(v)};`)}
      ${lines(rows, (r) => lines(vectors, (v) => `part${r}_${v} = fma(vec4f(a${r}), b${v}, part${r}_${v});`))}`
  const turn = () => (left.four ? along(left.four) : across)
  return `${functions}${entry(`${wide}, ${high}`)}
  ${prologue(rows * high, 4 * vectors * wide)}
  let ownRow = firstRow + i32(index) / ${wide} * ${rows};
  let ownColumn = firstColumn + i32(index) % ${wide} * ${4 * vectors};
  if (ownRow >= ${count} || ownColumn >= u.columns) { return; }
  ${lines(rows, (r) => left.row(r, `ownRow + ${r}`))}
  ${lines(vectors, (v) => `let n${v} = ownColumn + ${4 * v};`)}
  ${accumulators('sum', rows, vectors, 'vec4f()')}
  ${loops({ step: stepOf(scheme), turn, part: summedApart(rows, vectors, 'vec4f()') })}
  ${lines(
    rows,
    (r) => `if (ownRow + ${r} < ${count}) {
    let to = split * u.size + ${resultAt(`ownRow + ${r}`, r)};
    ${lines(vectors, (v) => lines(4, (c) => `if (n${v} + ${c} < u.columns) { result[to + n${v} + ${c}] = sum${r}_${v}.${xyzw[c]}; }`))}
  }`,
  )}
}`
}

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

function tileCode({ functions, prologue, rows: count, panels, resultAt }: Product, scheme: TileScheme): Statements {
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
${entry(String(threads))}
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
      ${lines(tc, (c) => lines(4, (v) => `{ let n = firstColumn + right * ${threadColumns} + ${4 * c + v}; if (n < u.columns) { result[to + n] = sum${r}_${c}.${xyzw[v]}; } }`))}
    } }`,
  )}
}`
}

/** The code of a product in a scheme, and the WGSL extensions that it needs. */
export function productCode(product: Product, scheme: Scheme): { code: string; enable?: readonly string[] } {
  if (scheme.kind === 'quad') return { code: quadCode(product, scheme), enable: ['subgroups'] }
  return { code: scheme.kind === 'register' ? registerCode(product, scheme) : tileCode(product, scheme) }
}
