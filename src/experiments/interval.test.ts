import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { criticalT, estimate } from './interval.ts'

describe('Student’s t', () => {
  it('agrees with published tables', () => {
    // Two-sided 95 %: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
    const table = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
    for (const [i, t] of table.entries()) expect(criticalT(i + 1)).toBeCloseTo(t, 3)
    expect(criticalT(30)).toBeCloseTo(2.042, 3)
    expect(criticalT(100)).toBeCloseTo(1.984, 3)
    expect(criticalT(4, 0.99)).toBeCloseTo(4.604, 3)
  })
})

describe('an estimate', () => {
  it('matches a calculation by hand', () => {
    // 1, 2, 6: mean 3, squares 4 + 1 + 9 = 14, deviation √7, t(2) 4.3027, half = 4.3027 · √(7 / 3).
    const { n, mean, deviation, lower, upper } = estimate([1, 2, 6])
    expect([n, mean]).toEqual([3, 3])
    expect(deviation).toBeCloseTo(Math.sqrt(7), 12)
    expect(upper - 3).toBeCloseTo(4.302653 * Math.sqrt(7 / 3), 5)
    expect(lower).toBeCloseTo(3 - (upper - 3), 12)
  })

  it('ignores values that are not finite, and has no interval for one value', () => {
    expect(estimate([1, Number.NaN, 3])).toMatchObject({ n: 2, mean: 2 })
    expect(estimate([5])).toMatchObject({ n: 1, mean: 5, lower: Number.NaN, upper: Number.NaN })
    expect(estimate([])).toMatchObject({ n: 0, mean: Number.NaN })
  })

  it('shifts by a constant that is added to all values', () => {
    const values = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(values, fc.integer({ min: -50, max: 50 }), (own, by) => {
        const [before, after] = [estimate(own), estimate(own.map((value) => value + by))]
        expect(after.mean).toBeCloseTo(before.mean + by, 9)
        expect(after.upper - after.lower).toBeCloseTo(before.upper - before.lower, 9)
      }),
    )
  })
})
