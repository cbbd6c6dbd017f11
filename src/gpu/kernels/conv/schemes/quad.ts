/** WGSL of a product for quads of threads, which share a tile in registers. */
import type { QuadScheme } from '../../schemes.ts'
import { entry, lines } from '../../text.ts'
import type { Product, Statements } from '../product.ts'
import { addedUp, fourProducts, stored, sumsInMemory } from './common.ts'

export function quadCode(product: Product, scheme: QuadScheme): Statements {
  const { functions, prologue, rows: last, left, right, loops, resultAt, apart } = product
  const { rows, columns } = scheme
  // At four steps, a thread loads one step of every row, or all steps of every fourth row.
  const alongRows = left.neighbors === 'rows'
  const loaded = alongRows ? rows / 4 : rows
  const sum = apart ? 'part' : 'sum'
  const load = alongRows
    ? lines(4, (q) => lines(loaded, (r) => `let a${q}_${r} = ${left.value(r, `${q}`)};`))
    : lines(loaded, (r) => `let a${r} = ${left.value(r, 'lane')};`)
  const shared = (r: number, q: number) =>
    alongRows ? `quadBroadcast(a${q}_${r >> 2}, ${r % 4}u)` : `quadBroadcast(a${r}, ${q}u)`
  const turn = `{
      ${load}
      ${lines(4, (q) => lines(columns, (c) => `let b${q}_${c} = ${right(`n${c}`, `${q}`)};`))}
      ${lines(
        rows,
        (r) => `{
        ${lines(4, (q) => `let v${q} = ${shared(r, q)};`)}
        ${lines(
          columns,
          (c) =>
            `${sum}[${r * columns + c}] += ${fourProducts(
              (q) => `v${q}`,
              (q) => `b${q}_${c}`,
            )};`,
        )} }`,
      )} }`
  const count = rows * columns
  return `${functions}${entry(4, { builtins: ',\n        @builtin(subgroup_invocation_id) invocation : u32' })}
  // quadBroadcast numbers the threads of a quad by their place in the subgroup.
  let lane = i32(invocation % 4);
  ${prologue(rows, 4 * columns)}
  ${lines(loaded, (r) => left.row(r, alongRows ? `firstRow + ${4 * r} + lane` : `firstRow + ${r}`))}
  ${lines(columns, (c) => `let n${c} = min(firstColumn + ${4 * c} + lane, u.columns - 1);`)}
  ${sumsInMemory('sum', count)}
  ${loops({ turn, part: addedUp(apart, count) })}
  // A row or a column outside repeats the last one, with the same sum. To store it again costs less than 256 branches, which
  // take as long to compile as the arithmetic.
  ${lines(
    rows,
    (r) => `{ let to = split * u.size + ${resultAt(`min(firstRow + ${r}, ${last} - 1)`, alongRows ? undefined : r)};
    ${lines(columns, (c) => stored(product, `to + n${c}`, `sum[${r * columns + c}]`))} }`,
  )}
}`
}
