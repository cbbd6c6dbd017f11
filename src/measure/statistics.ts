/** Plain statistics over units. */

export const mean = (values: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return values.length === 0 ? Number.NaN : sum / values.length
}

/** The quantile of sorted values with linear interpolation (Hyndman & Fan's type 7, NumPy's default). */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = (sorted.length - 1) * share
  const low = Math.floor(at)
  const high = Math.min(low + 1, sorted.length - 1)
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low)
}

/** Eight significant digits: all that a 32-bit float holds, and no more text than that in files. */
export const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(8)) : value)
