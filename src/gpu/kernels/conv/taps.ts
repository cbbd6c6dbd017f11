/** The taps of a filter that quads and single threads skip. */
import type { Geometry, Operation } from './geometry.ts'

/** Images with more pixels have few at their edges. */
const mostPixels = 64

/** Numbers of a filter's taps that fall on the image at pixel `at` of the result, or of the source for its gradient. */
function tapsAt(
  forward: boolean,
  { height, width, outHeight, outWidth, kernel, stride, padding }: Geometry,
  at: number,
) {
  const across = forward ? outWidth : width
  const [y, x] = [Math.floor(at / across), at % across]
  const sees = (place: number, tap: number, i: 0 | 1): boolean => {
    if (forward) {
      const from = place * stride[i] + tap - padding[i]
      return from >= 0 && from < (i === 0 ? height : width)
    }
    const from = (place + padding[i] - tap) / stride[i]
    return Number.isInteger(from) && from >= 0 && from < (i === 0 ? outHeight : outWidth)
  }
  const taps: number[] = []
  for (let ky = 0; ky < kernel[0]; ky++) {
    for (let kx = 0; kx < kernel[1]; kx++) if (sees(y, ky, 0) && sees(x, kx, 1)) taps.push(ky * kernel[1] + kx)
  }
  return taps
}

/**
 * The share of the filter's taps that threads of so many rows compute. They skip a tap that is padding in all of these rows. Rows
 * are numbered by pixels and, at each, by images. A filter gradient skips single pixels, whatever its tile; the gradient of a
 * convolution with a stride is taken for one that skips nothing.
 */
export function tapShare(operation: Operation, g: Geometry, rows: number): number {
  const forward = operation === 'forward'
  const pixels = forward ? g.outHeight * g.outWidth : g.height * g.width
  const taps = g.kernel[0] * g.kernel[1]
  if (operation === 'filter-gradient' || taps === 1 || pixels > mostPixels) return 1
  if (!forward && Math.max(...g.stride) > 1) return 1
  let computed = 0
  const tiles = Math.ceil((pixels * g.images) / rows)
  for (let tile = 0; tile < tiles; tile++) {
    const last = Math.min(pixels - 1, Math.floor(((tile + 1) * rows - 1) / g.images))
    const seen = new Set<number>()
    for (let at = Math.floor((tile * rows) / g.images); at <= last; at++) {
      for (const tap of tapsAt(forward, g, at)) seen.add(tap)
    }
    computed += seen.size
  }
  return Math.max(1, computed) / (tiles * taps)
}
