/** WGSL of a product for quads of threads, which share a tile in registers. */
import { type QuadScheme, stepOf } from '../../schemes.ts'
import { entry, lines } from '../../text.ts'
import type { Product, Statements } from '../product.ts'
import { accumulators, fourProducts, stored, summedApart } from './common.ts'

export function quadCode(product: Product, scheme: QuadScheme): Statements {
  const { functions, prologue, rows: count, left, right, loops, resultAt } = product
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
  return `${functions}${entry(4, { builtins: ',\n        @builtin(subgroup_invocation_id) invocation : u32' })}
  // quadBroadcast numbers the threads of a quad by their place in the subgroup.
  let lane = i32(invocation % 4);
  ${prologue(rows, 4 * columns)}
  ${lines(loaded, (r) => left.row(r, alongRows ? `firstRow + ${4 * r} + lane` : `firstRow + ${r}`))}
  ${lines(columns, (c) => `let n${c} = min(firstColumn + ${4 * c} + lane, u.columns - 1);`)}
  ${accumulators('sum', rows, columns, '0f')}
  ${loops({ step: stepOf(scheme), turn, part: summedApart(rows, columns, '0f') })}
  // A row or a column outside repeats the last one, with the same sum. To store it again costs less than 256 branches, which
  // take as long to compile as the arithmetic.
  ${lines(
    rows,
    (r) => `{ let to = split * u.size + ${resultAt(`min(firstRow + ${r}, ${count} - 1)`, alongRows ? undefined : r)};
    ${lines(columns, (c) => stored(product, `to + n${c}`, `sum${r}_${c}`))} }`,
  )}
}`
}
