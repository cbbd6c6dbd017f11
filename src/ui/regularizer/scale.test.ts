import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alphaOfKey, fromSlider, nextStop, toSlider } from './scale.ts'

describe('symmetric-log scale of α', () => {
  test('is exact in the middle and at the ends', () => {
    expect([-100, 0, 100].map(toSlider)).toEqual([-100, 0, 100])
    expect([-100, 0, 100].map(fromSlider)).toEqual([-100, 0, 100])
    expect(Object.is(fromSlider(-0.01), 0)).toBe(true)
  })

  test('has the value of the formula in between', () => {
    expect(toSlider(9.04987562112089)).toBeCloseTo(50, 10)
    expect(toSlider(-9.04987562112089)).toBeCloseTo(-50, 10)
    expect(fromSlider(50)).toBe(9)
  })

  test('grows with α and with the position', () => {
    const alpha = fc.double({ min: -100, max: 100, noNaN: true })
    fc.assert(
      fc.property(alpha, alpha, (a, b) => {
        if (a - b > 1e-9) expect(toSlider(a)).toBeGreaterThan(toSlider(b))
        if (a > b) expect(fromSlider(a)).toBeGreaterThanOrEqual(fromSlider(b))
      }),
    )
  })

  test('recovers α to its two digits', () => {
    fc.assert(
      fc.property(fc.double({ min: -100, max: 100, noNaN: true }), (a) => {
        expect(Math.abs(fromSlider(toSlider(a)) - a)).toBeLessThanOrEqual(Math.max(0.05, Math.abs(a) * 0.05) + 1e-9)
      }),
    )
  })

  test('keys move to round values and stop at the ends', () => {
    expect([nextStop(0, 1), nextStop(0, -1), nextStop(18, 1), nextStop(-18, 1)]).toEqual([0.1, -0.1, 20, -15])
    expect([nextStop(100, 1), nextStop(-100, -1)]).toEqual([100, -100])
    expect([alphaOfKey(5, 'Home'), alphaOfKey(5, 'End'), alphaOfKey(95, 'PageUp'), alphaOfKey(5, 'a')]).toEqual([
      -100,
      100,
      100,
      null,
    ])
  })
})
