/** Statistics over units. */
import { quantileSorted } from 'd3-array'
import type { Random } from '../random.ts'

/**
 * Arithmetic mean; NaN for an empty list. Unlike d3's mean it does not skip NaN, so that a missing number stays
 * visible.
 */
export const mean = (values: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return values.length === 0 ? Number.NaN : sum / values.length
}

/**
 * The quantile of sorted values with linear interpolation (Hyndman & Fan's type 7, NumPy's default). NaN for an empty
 * list.
 */
export const quantile = (sorted: ArrayLike<number>, share: number): number =>
  quantileSorted(Array.from(sorted), share) ?? Number.NaN

/** Rounds to eight significant digits, as many as a 32-bit float holds, so that files stay small. */
export const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(8)) : value)

/** Pearson's correlation; NaN where x or y does not vary. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [mx, my] = [mean(x), mean(y)]
  let [xx, yy, xy] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i] - mx, y[i] - my]
    xx += dx * dx
    yy += dy * dy
    xy += dx * dy
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : Number.NaN
}

/** The position of each value among the distinct values in ascending order, and the number of distinct values. */
function levels(values: ArrayLike<number>): { level: Int32Array; count: number } {
  const distinct = [...new Set(Array.from(values))].sort((a, b) => a - b)
  const positions = new Map(distinct.map((value, i) => [value, i]))
  return { level: Int32Array.from(values, (value) => positions.get(value) as number), count: distinct.length }
}

/** Ranks 1 … n of the chosen values, from their levels. Equal values share the mean of their ranks. */
function ranksOf({ level, count }: ReturnType<typeof levels>, chosen: ArrayLike<number>): Float64Array {
  const sizes = new Float64Array(count)
  for (let i = 0; i < chosen.length; i++) sizes[level[chosen[i]]]++
  let before = 0
  const ranks = sizes.map((size) => {
    before += size
    return before - (size - 1) / 2
  })
  return Float64Array.from(chosen, (i) => ranks[level[i]])
}

/** Spearman's ρ: Pearson's correlation of the ranks, equal values share the mean of their ranks. NaN where x or y does not vary. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const all = Int32Array.from({ length: x.length }, (_, i) => i)
  return pearson(ranksOf(levels(x), all), ranksOf(levels(y), all))
}

export interface Interval {
  readonly lower: number
  readonly upper: number
}

/**
 * Percentile bootstrap: the central `level` of the statistic over samples of n drawn with replacement. Samples without a
 * number are left out; NaN where no sample has one.
 */
export function bootstrap(
  n: number,
  statistic: (chosen: Int32Array) => number,
  {
    random,
    samples = 1000,
    level = 0.95,
  }: { readonly random: Random; readonly samples?: number; readonly level?: number },
): Interval {
  const found = Float64Array.from({ length: samples }, () =>
    statistic(Int32Array.from({ length: n }, () => random.integer(n))),
  )
    .filter((value) => !Number.isNaN(value))
    .sort()
  if (found.length === 0) return { lower: Number.NaN, upper: Number.NaN }
  return { lower: quantile(found, (1 - level) / 2), upper: quantile(found, (1 + level) / 2) }
}

export interface Correlation extends Interval {
  readonly rho: number
}

/** Spearman's ρ of x and y with its bootstrap interval; x and y of a pair are drawn together. */
export function spearmanInterval(x: ArrayLike<number>, y: ArrayLike<number>, random: Random): Correlation {
  const [xs, ys] = [levels(x), levels(y)]
  const interval = bootstrap(x.length, (chosen) => pearson(ranksOf(xs, chosen), ranksOf(ys, chosen)), { random })
  return { rho: rounded(spearman(x, y)), lower: rounded(interval.lower), upper: rounded(interval.upper) }
}
