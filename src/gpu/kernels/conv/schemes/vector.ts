/**
 * WGSL of a product for workgroups that load panels by vec4s. While the threads multiply one pair of panels, the loads of the
 * next pair are under way. docs/performance.md says which machine code this gives.
 */
import { momentsCode } from '../../chunk-moments.ts'
import { gapOf, stepGapOf, threadsOf, type VectorScheme } from '../../schemes.ts'
import { entry, lines, times, xyzw } from '../../text.ts'
import type { Expression, Statements } from '../product.ts'
import type { VectorPanel, VectorProduct } from '../vector-product.ts'
import { accumulators } from './common.ts'
import { tileMoments } from './vector-moments.ts'

/**
 * Products that a thread adds in one go. It then adds their sum to the result in memory, so that rounding errors stay as small
 * as those of short sums, and no second set of accumulators takes registers.
 */
const sumLength = 512

interface PanelCode {
  /** vec4s of a step, of four steps, and of the panel; the first and the second with what is free behind them. */
  readonly row: number
  readonly group: number
  readonly length: number
  readonly declare: Statements
  readonly load: Statements
  readonly store: Statements
}

const zeroed = ({ inside }: VectorPanel, id: string): Expression =>
  inside ? `select(vec4f(), v${id}, ${inside(id)})` : `v${id}`

/**
 * Whether threads without a block of their own load another thread's, and do not store it. A condition on the loads makes AMD's
 * compiler wait for them before the arithmetic ends. It stays where threads multiply less for each load.
 */
const sparesLoad = (scheme: VectorScheme, blocks: number): boolean =>
  blocks < threadsOf(scheme) && scheme.threadRows * scheme.threadColumns >= 64

/** Each thread loads blocks of four lines × four steps and transposes them in registers. */
function transposedPanel(name: string, panel: VectorPanel, quads: number, first: Expression, scheme: VectorScheme) {
  const [threads, depth4] = [threadsOf(scheme), scheme.depth / 4]
  const blocks = quads * depth4
  const count = Math.max(1, blocks / threads)
  const group = 4 * quads + gapOf(scheme)
  const each = (make: (l: number, r: number) => Statements) => lines(count, (l) => lines(4, (r) => make(l, r)))
  const some = (code: Statements) => (blocks < threads ? `if (thread < ${blocks}) {\n${code}\n}` : code)
  const loadsAll = sparesLoad(scheme, blocks)
  const id = (l: number, r: number) => `${name}${l}_${r}`
  const first4 = `thread / ${depth4}${loadsAll ? ` % ${quads}` : ''}`
  const quad = (l: number) => `(${first4} + ${l * (threads / depth4)})`
  const loads = each((l, r) => `v${id(l, r)} = ${panel.load(id(l, r))};`)
  const transposed = (c: number) => `vec4f(${times(4).map((r) => `s${r}.${xyzw[c]}`)})`
  return {
    row: quads,
    group,
    length: depth4 * group,
    declare: each(
      (l, r) => `${panel.declare(id(l, r), `${first} + 4 * ${quad(l)} + ${r}`)} var v${id(l, r)} = vec4f();`,
    ),
    load: loadsAll ? loads : some(loads),
    store: some(
      lines(
        count,
        (l) => `{
        ${lines(4, (r) => `let s${r} = ${zeroed(panel, id(l, r))};`)}
        let to = place4 * ${group} + ${quad(l)};
        ${lines(4, (c) => `panel${name}[to + ${c * quads}] = ${transposed(c)};`)} }`,
      ),
    ),
  }
}

/** Each thread loads vec4s of one step and stores them as they are. */
function straightPanel(name: string, panel: VectorPanel, quads: number, first: Expression, scheme: VectorScheme) {
  const lanes = threadsOf(scheme) / scheme.depth
  const count = quads / lanes
  const id = (l: number) => `${name}${l}`
  const quad = (l: number) => `thread % ${lanes} + ${l * lanes}`
  const row = quads + stepGapOf(scheme)
  return {
    row,
    group: 4 * row,
    length: scheme.depth * row,
    declare: lines(count, (l) => `${panel.declare(id(l), `${first} / 4 + ${quad(l)}`)} var v${id(l)} = vec4f();`),
    load: lines(count, (l) => `v${id(l)} = ${panel.load(id(l))};`),
    store: lines(count, (l) => `panel${name}[place * ${row} + ${quad(l)}] = ${zeroed(panel, id(l))};`),
  }
}

const panelCode = (
  name: string,
  panel: VectorPanel,
  size: number,
  first: Expression,
  scheme: VectorScheme,
): PanelCode => (panel.neighbors === 'lines' ? straightPanel : transposedPanel)(name, panel, size / 4, first, scheme)

/**
 * Declares `down` and `right`, the place of a thread's first four rows and columns in the tile, in vec4s. NVIDIA's GPUs read a vec4
 * for 32 threads in two requests instead of four where threads n and n^1, or n and n^2, read the same address. So bits 0 and 2
 * of the thread's number go down, bits 1, 3 and 4 right; the others go right as far as the tile reaches.
 */
function placeInTile({ rows, columns, threadRows, threadColumns }: VectorScheme): Statements {
  const size = { down: rows / threadRows, right: columns / threadColumns }
  const terms: Record<'down' | 'right', string[]> = { down: [], right: [] }
  const reached = { down: 1, right: 1 }
  let used = 1
  for (const way of ['down', 'right', 'down', 'right', 'right'] as const) {
    if (reached[way] >= size[way]) continue
    terms[way].push(`thread / ${used} % 2 * ${reached[way]}`)
    reached[way] *= 2
    used *= 2
  }
  const wide = size.right / reached.right
  return `let right = ${[...terms.right, `thread / ${used} % ${wide} * ${reached.right}`].join(' + ')};
  let down = ${[...terms.down, `thread / ${used * wide} * ${reached.down}`].join(' + ')};`
}

/** Multiplies a pair of panels. A thread's further fours of rows and columns are not next to its first, but equally spaced. */
function multiplied(scheme: VectorScheme, left: PanelCode, right: PanelCode): Statements {
  const [rowQuads, columnQuads] = [scheme.rows / 4, scheme.columns / 4]
  const [tr, tc] = [scheme.threadRows / 4, scheme.threadColumns / 4]
  return `for (var four = 0; four < ${scheme.depth / 4}; four++) {
        let fromA = four * ${left.group} + down;
        let fromB = four * ${right.group} + right;
        ${lines(
          4,
          (k) => `{
        ${lines(tr, (r) => `let a${r} = panelA[fromA + ${k * left.row + (r * rowQuads) / tr}];`)}
        ${lines(tc, (c) => `let b${c} = panelB[fromB + ${k * right.row + (c * columnQuads) / tc}];`)}
        ${lines(scheme.threadRows, (r) => lines(tc, (c) => `sum${r}_${c} = fma(vec4f(a${r >> 2}.${xyzw[r % 4]}), b${c}, sum${r}_${c});`))} }`,
        )}
      }`
}

/** Stores the sums; from the second time on, adds them to what the result has, and at the end an addend. Then come the moments. */
function stored(product: VectorProduct, scheme: VectorScheme): Statements {
  const { rows: count, resultAt, addend, moments } = product
  const [rowQuads, columnQuads] = [scheme.rows / 4, scheme.columns / 4]
  const [tr, tc] = [scheme.threadRows / 4, scheme.threadColumns / 4]
  const row = (r: number) => `hidden + firstRow + 4 * (down + ${(Math.floor(r / 4) * rowQuads) / tr}) + ${r % 4}`
  const each = (make: (r: number, c: number) => Statements) =>
    lines(scheme.threadRows, (r) => lines(tc, (c) => make(r, c)))
  const add = (from: string) => each((r, c) => `sum${r}_${c} += ${from}[to${r} + min(n${c}, u.columns / 4 - 1)];`)
  return `// 0, which compilers do not see. Otherwise they compute these addresses before the loops and keep them in registers.
    let hidden = min(step, 0);
    ${lines(tc, (c) => `let n${c} = firstColumn / 4 + right + ${(c * columnQuads) / tc};`)}
    ${lines(scheme.threadRows, (r) => `let m${r} = ${row(r)}; let to${r} = split * (u.size / 4) + ${resultAt(`min(m${r}, ${count} - 1)`)};`)}
    if (!first) {
      ${add('result')}
    }
    ${
      addend
        ? `if (step >= steps) {
${add('addend')}
}`
        : ''
    }
    ${each((r, c) => `if (m${r} < ${count} && n${c} < u.columns / 4) { result[to${r} + n${c}] = sum${r}_${c}; }`)}
    ${moments ? `if (step >= steps) {\n${tileMoments(product, scheme)}\n}` : ''}`
}

/** `length`: products that a thread adds in one go. */
export function vectorCode(product: VectorProduct, scheme: VectorScheme, length = sumLength): Statements {
  const { rows, columns, depth, threadRows, threadColumns } = scheme
  const threads = threadsOf(scheme)
  const left = panelCode('A', product.left, rows, 'firstRow', scheme)
  const right = panelCode('B', product.right, columns, 'firstColumn', scheme)
  const sums = times(threadRows).flatMap((r) => times(threadColumns / 4).map((c) => `sum${r}_${c} = vec4f();`))
  return `${product.functions}${product.moments ? momentsCode('vec4f') : ''}
var<workgroup> panelA : array<vec4f, ${left.length}>;
var<workgroup> panelB : array<vec4f, ${right.length}>;
${entry(threads)}
  let thread = i32(index);
  ${product.prologue(rows, columns)}
  let place4 = thread % ${depth / 4};
  let place = thread / ${threads / depth};
  ${product.begin(scheme)}
  ${left.declare}
  ${right.declare}
  ${placeInTile(scheme)}
  ${accumulators('sum', threadRows, threadColumns / 4, 'vec4f()')}
  var step = 0;
  for (var first = true; first || step < steps; first = false) {
    let last = ${length === Number.POSITIVE_INFINITY ? 'steps' : `min(steps, step + ${length / depth})`};
    // Not ahead of the additions to the result, which need the registers. Without a condition, since compilers would then copy
    // the loaded values at once and wait for them; without steps nobody uses them.
    ${left.load}
    ${right.load}
    for (; step < last; step++) {
      workgroupBarrier();
      ${left.store}
      ${right.store}
      workgroupBarrier();
      // In a block of its own. Otherwise compilers move the loads behind the arithmetic that they are to overlap with.
      if (step + 1 < last) {
        ${product.advance(scheme)}
        ${left.load}
        ${right.load}
      }
      ${multiplied(scheme, left, right)}
    }
    ${stored(product, scheme)}
    ${sums.join(' ')}
    ${product.advance(scheme)}
  }
}`
}
