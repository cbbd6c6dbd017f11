/** Reduces a line to the smallest and the largest value of each pixel column, which looks the same. */

/** First index of a sorted array whose value is at least `value`. */
export function lowerBound(sorted: ArrayLike<number>, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Indices of the points to draw of a line over ascending `x` between `from` and `to`, in order: at most two per column, and
 * the neighbors just outside, so that the line reaches the edges. Skips values that are not finite.
 */
export function decimate(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  from: number,
  to: number,
  columns: number,
): number[] {
  const first = Math.max(0, lowerBound(x, from) - 1)
  const last = Math.min(x.length - 1, lowerBound(x, to))
  if (last - first + 1 <= 2 * columns) return finite(first, last, y)
  const drawn: number[] = []
  const scale = columns / (to - from)
  let column = -1
  let low = -1
  let high = -1
  const flush = () => {
    if (low < 0) return
    drawn.push(Math.min(low, high))
    if (low !== high) drawn.push(Math.max(low, high))
  }
  for (let i = first; i <= last; i++) {
    if (!Number.isFinite(y[i])) continue
    const own = Math.floor((x[i] - from) * scale)
    if (own !== column) {
      flush()
      column = own
      low = i
      high = i
    } else if (y[i] < y[low]) low = i
    else if (y[i] > y[high]) high = i
  }
  flush()
  if (drawn[0] !== first && Number.isFinite(y[first])) drawn.unshift(first)
  if (drawn.at(-1) !== last && Number.isFinite(y[last])) drawn.push(last)
  return drawn
}

function finite(first: number, last: number, y: ArrayLike<number>): number[] {
  const indices: number[] = []
  for (let i = first; i <= last; i++) if (Number.isFinite(y[i])) indices.push(i)
  return indices
}
