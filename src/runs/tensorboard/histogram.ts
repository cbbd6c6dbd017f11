/** Counts the selectivity of a site's units in buckets of 0.01. */
import { bisectRight } from 'd3-array'

/** As TensorBoard stores it. Bucket i has the values from `limits[i - 1]` up to, without, `limits[i]`. */
export interface Histogram {
  readonly min: number
  readonly max: number
  readonly count: number
  readonly sum: number
  readonly sumOfSquares: number
  readonly limits: readonly number[]
  readonly counts: readonly number[]
}

const isFiniteNumber = (value: number | null): value is number => value !== null && Number.isFinite(value)

/** The upper limits of the buckets: one for values below 0, and a hundred from 0 to 1. */
const edges = Array.from({ length: 101 }, (_, i) => i / 100)

/**
 * The histogram of the finite values, from the first bucket with values to the last; null without any. TensorBoard takes
 * no others: NaN, which the log stores as null, is left out. The last bucket includes the maximum.
 */
export function histogramOf(values: readonly (number | null)[]): Histogram | null {
  const finite = values.filter(isFiniteNumber)
  if (finite.length === 0) return null
  let [min, max, sum, sumOfSquares] = [finite[0], finite[0], 0, 0]
  for (const value of finite) {
    min = Math.min(min, value)
    max = Math.max(max, value)
    sum += value
    sumOfSquares += value * value
  }
  // Selectivity is at most 1. Larger values of another log get a bucket behind the others.
  const highest = max > 1 ? edges.length : edges.length - 1
  const bucketOf = (value: number) => Math.min(highest, bisectRight(edges, value))
  const counts = new Array<number>(edges.length + 1).fill(0)
  for (const value of finite) counts[bucketOf(value)]++
  const [first, last] = [bucketOf(min), bucketOf(max)]
  const limits = [...edges, max].slice(first, last + 1)
  return { min, max, count: finite.length, sum, sumOfSquares, limits, counts: counts.slice(first, last + 1) }
}
