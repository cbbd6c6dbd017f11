/** Text that several kinds of schemes share. */
import { lines, times } from '../../text.ts'
import type { Expression, Product, Statements } from '../product.ts'

/** Declares `NAME0_0`, one accumulator for each row and column. */
export const accumulators = (name: string, rows: number, columns: number, zero: string): Statements =>
  lines(rows, (r) =>
    times(columns)
      .map((c) => `var ${name}${r}_${c} = ${zero};`)
      .join(' '),
  )

/**
 * Sums `loop` apart from the total. A sum of n terms in one go rounds n times at the size of the total; in parts of m
 * terms, it rounds n / m times at that size.
 */
export const summedApart =
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

/** Stores a value of the result. */
export const stored = ({ addend }: Product, at: Expression, value: Expression): Statements =>
  `result[${at}] = ${value}${addend ? ` + addend[${at}]` : ''};`

/** A sum of four products, whose factors are `left(q)` and `right(q)`. */
export const fourProducts = (left: (q: number) => Expression, right: (q: number) => Expression): Expression =>
  [1, 2, 3].reduce((sum, q) => `fma(${left(q)}, ${right(q)}, ${sum})`, `${left(0)} * ${right(0)}`)
