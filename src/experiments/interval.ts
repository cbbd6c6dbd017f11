/** Means over seeds with their intervals. */
import { deviation } from 'd3-array'
import { type Interval, mean } from '../measure/statistics.ts'

/** A mean over n values with its 95 % interval and the sample standard deviation (n − 1). */
export interface Estimate extends Interval {
  readonly n: number
  readonly mean: number
  readonly deviation: number
}

/** The probability that Student's t with `freedom` degrees lies within ±√freedom·tan θ (Abramowitz and Stegun, 26.7.3 and 26.7.4). */
function shareWithin(theta: number, freedom: number): number {
  const [sin, cos] = [Math.sin(theta), Math.cos(theta)]
  const odd = freedom % 2 === 1
  let term = odd ? cos : 1
  let sum = freedom === 1 ? 0 : term
  for (let k = odd ? 3 : 2; k < freedom; k += 2) {
    term *= ((k - 1) / k) * cos * cos
    sum += term
  }
  return odd ? (2 / Math.PI) * (theta + sin * sum) : sin * sum
}

/** The t for which Student's distribution lies within ±t with probability `level`. `freedom`: a whole number from 1. */
export function criticalT(freedom: number, level = 0.95): number {
  let [low, high] = [0, Math.PI / 2]
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2
    if (shareWithin(middle, freedom) < level) low = middle
    else high = middle
  }
  return Math.sqrt(freedom) * Math.tan(low)
}

/**
 * Mean and Student's t interval of the finite values. A bootstrap over two to five seeds is too narrow: it never leaves
 * their range, and with three values it covers the mean only about three times in four. Student's t assumes normally
 * distributed values. A single value has no interval (NaN).
 */
export function estimate(values: readonly number[]): Estimate {
  const known = values.filter(Number.isFinite)
  const n = known.length
  const [middle, spread] = [mean(known), deviation(known) ?? Number.NaN]
  const half = n < 2 ? Number.NaN : (criticalT(n - 1) * spread) / Math.sqrt(n)
  return { n, mean: middle, deviation: spread, lower: middle - half, upper: middle + half }
}
