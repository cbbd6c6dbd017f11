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

/**
 * Declares an array of sums, zeros at first, that SwiftShader keeps in memory. It would merge a variable that a loop changes with its old
 * value at the branches of the loop, in about 35 instructions. It turns an array into variables unless some index is unknown.
 */
export const sumsInMemory = (name: string, count: number): Statements => `var ${name} : array<f32, ${count}>;
  // No product has fewer than 0 columns.
  if (u.columns < 0) { ${name}[-u.columns] = 1f; }`

/**
 * For sums in memory: `summedApart` where `apart`, or else the loop itself. SwiftShader does not set an array to zero again that a loop
 * declares.
 */
export const addedUp =
  (apart: boolean, count: number) =>
  (loop: Statements): Statements =>
    apart
      ? `{
    ${sumsInMemory('part', count)}
    ${lines(count, (i) => `part[${i}] = 0f;`)}
    ${loop}
    ${lines(count, (i) => `sum[${i}] += part[${i}];`)}
  }`
      : loop

/** Stores a value of the result. */
export const stored = ({ addend }: Product, at: Expression, value: Expression): Statements =>
  `result[${at}] = ${value}${addend ? ` + addend[${at}]` : ''};`

/** A sum of four products, whose factors are `left(q)` and `right(q)`. */
export const fourProducts = (left: (q: number) => Expression, right: (q: number) => Expression): Expression =>
  [1, 2, 3].reduce((sum, q) => `fma(${left(q)}, ${right(q)}, ${sum})`, `${left(0)} * ${right(0)}`)
