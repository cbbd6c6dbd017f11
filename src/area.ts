/** Areas under curves. */

/** Area under a curve through the points (x, y) by the trapezoidal rule; x ascending. */
export function trapezoid(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let area = 0
  for (let i = 1; i < x.length; i++) area += ((x[i] - x[i - 1]) * (y[i] + y[i - 1])) / 2
  return area
}

export interface CurveValue {
  /** Share of ablated units, between 0 and 1. */
  readonly share: number
  readonly value: number
}

/**
 * Area under a curve over the share of ablated units from 0 to 1 (trapezoidal rule), in multiples of the value at share 0:
 * 1 means that ablation changes nothing. The points may be in any order. NaN when the point at share 0 or at share 1 is
 * missing, or when the value at share 0 is not above 0.
 */
export function relativeArea(points: readonly CurveValue[]): number {
  const sorted = [...points].sort((a, b) => a.share - b.share)
  const [first, last] = [sorted[0], sorted[sorted.length - 1]]
  if (first?.share !== 0 || last.share !== 1 || !(first.value > 0)) return Number.NaN
  return trapezoid(
    sorted.map(({ share }) => share),
    sorted.map(({ value }) => value / first.value),
  )
}
