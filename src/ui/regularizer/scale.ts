/** The symmetric-log scale of α: position p in [−100, 100], α = sign(p) · (101^(|p|/100) − 1). */

const maxAlpha = 100

/** Position on the slider of an α between −100 and 100. */
export const toSlider = (alpha: number): number =>
  alpha === 0 ? 0 : Math.sign(alpha) * (Math.log1p(Math.abs(alpha)) / Math.log1p(maxAlpha)) * 100

/** α at a position, to two significant digits: exactly 0 in the middle and ±100 at the ends. */
export function fromSlider(position: number): number {
  const size = Math.expm1((Math.min(100, Math.abs(position)) / 100) * Math.log1p(maxAlpha))
  const rounded = size < 0.05 ? 0 : Number(size.toPrecision(2))
  return position < 0 && rounded !== 0 ? -rounded : rounded
}

/** The values at which the arrow keys stop; the negative side mirrors them. */
const stops = [
  0, 0.1, 0.2, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 90, 100,
] as const
const allStops = [
  ...stops
    .slice(1)
    .map((stop) => -stop)
    .reverse(),
  ...stops,
]

/** The next stop above (direction 1) or below (−1) an α. */
export function nextStop(alpha: number, direction: 1 | -1): number {
  if (direction === 1) return allStops.find((stop) => stop > alpha) ?? maxAlpha
  return allStops.findLast((stop) => stop < alpha) ?? -maxAlpha
}

/** The α after a key press on the slider; null for a key that the slider does not use. */
export function alphaOfKey(alpha: number, key: string): number | null {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return nextStop(alpha, 1)
    case 'ArrowLeft':
    case 'ArrowDown':
      return nextStop(alpha, -1)
    case 'PageUp':
      return Math.min(maxAlpha, alpha + 10)
    case 'PageDown':
      return Math.max(-maxAlpha, alpha - 10)
    case 'Home':
      return -maxAlpha
    case 'End':
      return maxAlpha
    default:
      return null
  }
}
