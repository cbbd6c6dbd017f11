/**
 * An exponential moving average with bias correction (Kingma & Ba 2015, section 3, on one series): value i weighs
 * each earlier value by (1 − 1/span)^distance. A span of 1 returns the values unchanged.
 */
export function smooth(values: ArrayLike<number>, span: number): Float64Array {
  const keep = 1 - 1 / Math.max(1, span)
  const out = new Float64Array(values.length)
  let sum = 0
  let weight = 0
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) {
      sum = keep * sum + (1 - keep) * values[i]
      weight = keep * weight + (1 - keep)
    }
    out[i] = weight > 0 ? sum / weight : Number.NaN
  }
  return out
}
