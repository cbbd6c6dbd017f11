import { describe, expect, it } from 'vitest'
import type { Excess } from '../gpu/limits.ts'
import { largestFitting } from './fit.ts'

/** The search for the largest micro-batch below `size` whose need is at most 100, and the number of plans that it took. */
function searched(size: number, needOf: (size: number) => number, limitAt: (size: number) => Excess['limit']) {
  let plans = 0
  const excessAt = (at: number): Excess | null =>
    needOf(at) > 100 ? { limit: limitAt(at), needed: needOf(at), allowed: 100 } : null
  const counted = (at: number) => {
    plans++
    expect(at).toBeGreaterThan(1)
    expect(at).toBeLessThan(size)
    return excessAt(at)
  }
  return { found: largestFitting(size, excessAt(size) as Excess, counted), plans: () => plans }
}

const needs: [string, (size: number) => number][] = [
  ['in proportion', (size) => size],
  ['with a fixed part', (size) => 60 + size / 2],
  ['with a large fixed part', (size) => 99 + size / 1000],
  ['in steps', (size) => 8 * Math.ceil(size / 8)],
  ['faster than the size', (size) => size ** 1.2 / 2],
]

describe.each(needs)('the largest micro-batch that fits needs that grow %s', (_, needOf) => {
  it.each([101, 128, 512, 4096, 65536].filter((size) => needOf(size) > 100))('below %i', (size) => {
    const largest = Array.from({ length: size - 2 }, (_, i) => size - 1 - i).find((at) => at > 1 && needOf(at) <= 100)
    const { found, plans } = searched(size, needOf, () => 'memory')
    expect(found).toBe(largest ?? null)
    expect(plans()).toBeLessThan(20)
  })
})

describe('a search', () => {
  it('finds the size where one limit takes over from another', () => {
    const needOf = (size: number) => Math.max(size, size > 70 ? 10 * size : 0)
    const limitAt = (size: number) => (size > 70 ? 'maxBufferSize' : 'memory')
    expect(searched(300, needOf, limitAt).found).toBe(70)
  })

  it('has no result where even two images are too many', () => {
    expect(
      searched(
        512,
        (size) => 200 + size,
        () => 'memory',
      ).found,
    ).toBeNull()
    expect(
      searched(
        2,
        (size) => 100 * size,
        () => 'memory',
      ).found,
    ).toBeNull()
  })
})
