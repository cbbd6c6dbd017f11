/** WGSL of a product for quads of threads that load four numbers at a time. */
import type { VectorQuadScheme } from '../../schemes.ts'
import { entry, lines, times, xyzw } from '../../text.ts'
import type { Expression, Product, Statements } from '../product.ts'
import { addedUp, fourProducts, stored, sumsInMemory } from './common.ts'

/** The value that the thread has whose place in the quad differs by `turn`, in its bits. */
const swapped = (turn: number, value: Expression): Expression =>
  turn === 0 ? value : `quadSwap${['X', 'Y', 'Diagonal'][turn - 1]}(${value})`

/**
 * How the tile is spread over a quad. A thread loads `loads` times, each time `each` rows of its own: one row at four steps, or four
 * rows at one step. Its columns are `wide` vec4s. It computes all rows of its quad in these columns.
 */
interface Spread {
  readonly loads: number
  readonly each: number
  readonly wide: number
}

function spreadOf({ left }: Product, { rows, columns, quads }: VectorQuadScheme): Spread {
  const each = left.neighbors === 'rows' ? 4 : 1
  return { loads: rows / (4 * each), each, wide: columns / (16 * quads) }
}

/** A vec4 of a thread's sums: row `r` of the load `l` of the thread whose place differs by `turn`, in the columns `c`. */
interface Sum {
  readonly l: number
  readonly turn: number
  readonly r: number
  readonly c: number
}

/** The number of the first of a vec4's sums. */
const numberOf = ({ each, wide }: Spread, { l, turn, r, c }: Sum): number =>
  4 * (((4 * l + turn) * each + r) * wide + c)

/** `make` for all sums of one load and turn. */
const eachSum = ({ each, wide }: Spread, l: number, turn: number, make: (sum: Sum) => Statements): Statements =>
  lines(each, (r) => lines(wide, (c) => make({ l, turn, r, c })))

/** Declares `bQ_C`, four columns at each of four steps. */
function rightCode({ vectors: { right } }: Product, { wide }: Spread): Statements {
  if (right.neighbors === 'columns') {
    return lines(4, (q) => lines(wide, (c) => `let b${q}_${c} = ${right.load(`n${c}`, `${q}`)};`))
  }
  const transposed = (c: number, q: number) =>
    `let b${q}_${c} = vec4f(${times(4).map((i) => `t${i}_${c}.${xyzw[q]}`)});`
  return lines(
    wide,
    (c) => `${lines(4, (i) => `let t${i}_${c} = ${right.load(`(n${c} + ${i})`, '0')};`)}
      ${lines(4, (q) => transposed(c, q))}`,
  )
}

/** Multiplies at the four steps of an iteration and adds to the sums of this name. */
function turnCode(product: Product, spread: Spread, name: string): Statements {
  const alongRows = spread.each === 4
  const loaded = (l: number) => lines(alongRows ? 4 : 1, (q) => `let a${q} = ${product.vectors.left(l, `${q}`)};`)
  const taken = (turn: number) => lines(alongRows ? 4 : 1, (q) => `let v${q} = ${swapped(turn, `a${q}`)};`)
  const value = (r: number, q: number) => (alongRows ? `v${q}.${xyzw[r]}` : `v0.${xyzw[q]}`)
  const added = (sum: Sum) =>
    lines(4, (i) => {
      const products = fourProducts(
        (q) => value(sum.r, q),
        (q) => `b${q}_${sum.c}.${xyzw[i]}`,
      )
      return `${name}[${numberOf(spread, sum) + i}] += ${products};`
    })
  return `{
      ${rightCode(product, spread)}
      ${lines(
        spread.loads,
        (l) => `{
        ${loaded(l)}
        ${lines(
          4,
          (turn) => `{
          ${taken(turn)}
          ${eachSum(spread, l, turn, added)} }`,
        )} }`,
      )} }`
}

/** Stores a thread's sums. A row or a column outside repeats the last one, with the same sum. */
function results(product: Product, spread: Spread, first: (l: number) => Expression): Statements {
  const { rows, resultAt } = product
  const own = (l: number) =>
    `split * u.size + ${resultAt(`min(${first(l)}, ${rows} - ${spread.each})`, spread.each === 1 ? l : undefined)}`
  const value = (sum: Sum) => `vec4f(${times(4).map((i) => `sum[${numberOf(spread, sum) + i}]`)})`
  const store = (sum: Sum) => stored(product, `(to + ${sum.r} * u.columns + n${sum.c}) >> 2u`, value(sum))
  return lines(
    spread.loads,
    (l) => `{ let own = ${own(l)};
    ${lines(
      4,
      (turn) => `{ let to = ${swapped(turn, 'own')};
    ${eachSum(spread, l, turn, store)} }`,
    )} }`,
  )
}

const builtins = `,
        @builtin(subgroup_invocation_id) invocation : u32, @builtin(subgroup_size) subgroupSize : u32`

export function vectorQuadCode(product: Product, scheme: VectorQuadScheme): Statements {
  const { functions, prologue, left, loops, apart } = product
  const { rows, columns, quads } = scheme
  const spread = spreadOf(product, scheme)
  const { loads, each, wide } = spread
  const count = (rows * columns) / (4 * quads)
  const turn = turnCode(product, spread, apart ? 'part' : 'sum')
  const first = (l: number) => `firstRow + ${4 * each * l} + ${each === 1 ? 'lane' : '4 * lane'}`
  return `${functions}
// The threads of a quad skip a tap together, which WGSL's analysis does not see.
@diagnostic(off, subgroup_uniformity)${entry(4 * quads, { builtins })}
  // quadSwap numbers the threads of a quad by their place in the subgroup. A subgroup may be smaller than the workgroup.
  let lane = i32(invocation % 4);
  let quad = i32(select(index, invocation, subgroupSize >= ${4 * quads}) / 4);
  ${prologue(rows, columns)}
  let ownColumn = firstColumn + quad * ${16 * wide} + 4 * lane;
  ${lines(loads, (l) => left.row(l, first(l)))}
  ${lines(wide, (c) => `let n${c} = min(ownColumn + ${16 * c}, u.columns - 4);`)}
  ${sumsInMemory('sum', count)}
  ${loops({ turn, part: addedUp(apart, count) })}
  ${results(product, spread, first)}
}`
}
