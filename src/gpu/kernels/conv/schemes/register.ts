/** WGSL of a product for single threads, each with a tile in registers. */
import { type RegisterScheme, registerGroup } from '../../schemes.ts'
import { entry, lines, times, xyzw } from '../../text.ts'
import type { Expression, Product, Statements } from '../product.ts'
import { accumulators, fourProducts, stored, summedApart } from './common.ts'

export function registerCode(product: Product, scheme: RegisterScheme): Statements {
  const { functions, prologue, rows: count, left, right, loops, resultAt, apart } = product
  const { rows, vectors } = scheme
  const [wide, high] = registerGroup
  const column = (v: number, c: number) => `min(n${v} + ${c}, u.columns - 1)`
  const four = (v: number, step: Expression) => `vec4f(${times(4).map((c) => right(column(v, c), step))})`
  const sum = apart ? 'part' : 'sum'
  const load = left.four ?? ((r: number) => `vec4f(${times(4).map((q) => left.value(r, `${q}`))})`)
  const turn = `
      ${lines(rows, (r) => `let a${r} = ${load(r)};`)}
      ${lines(4, (q) => lines(vectors, (v) => `let b${q}_${v} = ${four(v, `${q}`)};`))}
      ${lines(rows, (r) =>
        lines(
          vectors,
          (v) =>
            `${sum}${r}_${v} += ${fourProducts(
              (q) => `vec4f(a${r}.${xyzw[q]})`,
              (q) => `b${q}_${v}`,
            )};`,
        ),
      )}`
  const part = apart ? summedApart(rows, vectors, 'vec4f()') : (loop: Statements) => loop
  return `${functions}${entry(`${wide}, ${high}`)}
  ${prologue(rows * high, 4 * vectors * wide)}
  let ownRow = firstRow + i32(index) / ${wide} * ${rows};
  let ownColumn = firstColumn + i32(index) % ${wide} * ${4 * vectors};
  if (ownRow >= ${count} || ownColumn >= u.columns) { return; }
  ${lines(rows, (r) => left.row(r, `ownRow + ${r}`))}
  ${lines(vectors, (v) => `let n${v} = ownColumn + ${4 * v};`)}
  ${accumulators('sum', rows, vectors, 'vec4f()')}
  ${loops({ turn, part })}
  ${lines(
    rows,
    (r) => `if (ownRow + ${r} < ${count}) {
    let to = split * u.size + ${resultAt(`ownRow + ${r}`, r)};
    ${lines(vectors, (v) => lines(4, (c) => `if (n${v} + ${c} < u.columns) { ${stored(product, `to + n${v} + ${c}`, `sum${r}_${v}.${xyzw[c]}`)} }`))}
  }`,
  )}
}`
}
