import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createColumns } from './columns.ts'
import { folded } from './fold.ts'

/** The running sums of a column, and how many rows were taken. */
function counted() {
  const taken: number[] = []
  const sums = folded<'a', number[], readonly number[]>({
    begin: () => [],
    add: (state, columns, from) => {
      const values = columns.column('a')
      for (let i = from; i < values.length; i++) state.push((state.at(-1) ?? 0) + values[i])
      taken.push(values.length - from)
    },
    result: (state, { length }) => state.slice(0, length),
  })
  return { sums, taken }
}

const sumsOf = (values: readonly number[]) => values.map((_, i) => values.slice(0, i + 1).reduce((a, b) => a + b, 0))

describe('a fold', () => {
  it('takes each row once, also the newest of 100,000', () => {
    const { sums, taken } = counted()
    const columns = createColumns(['a'])
    for (let i = 0; i < 100_000; i++) columns.append({ a: 1 })
    sums(columns.view())
    columns.append({ a: 1 })
    const view = columns.view()
    expect(sums(view).at(-1)).toBe(100_001)
    expect(sums(view)).toBe(sums(view))
    expect(taken).toEqual([100_000, 1])
  })

  it('is the same as that of all rows, for the newest view, an earlier one and columns that were cut', () => {
    const part = fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 8 })
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), fc.nat(20), (parts, cut) => {
        const { sums } = counted()
        let columns = createColumns(['a'])
        const rows: number[] = []
        const views = parts.map((own) => {
          for (const a of own) columns.append({ a })
          rows.push(...own)
          return { view: columns.view(), rows: [...rows], first: sums(columns.view()) }
        })
        for (const { view, rows: own, first } of views) {
          expect(first).toEqual(sumsOf(own))
          expect(sums(view)).toEqual(sumsOf(own))
        }
        columns = columns.first(Math.min(cut, rows.length))
        columns.append({ a: 5 })
        expect(sums(columns)).toEqual(sumsOf([...rows.slice(0, cut), 5]))
      }),
    )
  })
})
