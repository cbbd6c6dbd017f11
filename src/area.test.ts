import { expect, it } from 'vitest'
import { relativeArea, trapezoid } from './area.ts'

const curve = (...points: readonly [share: number, value: number][]) =>
  points.map(([share, value]) => ({ share, value }))

it('adds trapezoids, in multiples of the value without ablation, for any order of the points', () => {
  expect(relativeArea(curve([0, 0.5], [0.5, 0.1], [1, 0.1]))).toBeCloseTo(0.5 * 0.6 + 0.5 * 0.2, 12)
  expect(relativeArea(curve([1, 0.1], [0, 0.5], [0.5, 0.1]))).toBeCloseTo(0.5 * 0.6 + 0.5 * 0.2, 12)
  expect(relativeArea(curve([0, 2], [0.25, 2], [1, 2]))).toBe(1)
})

it('is NaN for a curve without either end, without points, or that starts at 0', () => {
  expect(relativeArea(curve([0.5, 0.1], [1, 0.1]))).toBeNaN()
  expect(relativeArea(curve([0, 0.5], [0.5, 0.1]))).toBeNaN()
  expect(relativeArea(curve([0, 0.5]))).toBeNaN()
  expect(relativeArea([])).toBeNaN()
  expect(relativeArea(curve([0, 0], [1, 0.1]))).toBeNaN()
  expect(relativeArea(curve([0, Number.NaN], [1, 0.1]))).toBeNaN()
})

it('integrates lines exactly, at any spacing', () => {
  expect(trapezoid([0, 1], [1, 0])).toBe(0.5)
  expect(trapezoid([0, 0.1, 0.7, 1], [0, 0.1, 0.7, 1])).toBeCloseTo(0.5, 12)
  expect(trapezoid([0, 1, 3], [2, 4, 0])).toBe(7)
  expect(trapezoid([0], [1])).toBe(0)
})
