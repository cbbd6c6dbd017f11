/** Reduces a line to the smallest and the largest value of each pixel column, which looks the same. */
import { type Extremes, scanned } from './extremes.ts'

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

/** The first index after `from`, and at most `to`, at which an ascending function is above `value`. */
function endOf(at: (i: number) => number, value: number, from: number, to: number): number {
  let [low, high] = [from + 1, to]
  while (low < high) {
    const middle = (low + high) >> 1
    if (at(middle) <= value) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Indices of the points to draw of a line over ascending `x` between `from` and `to`, in order: at most two per column, and
 * the neighbors just outside, so that the line reaches the edges. Skips values that are not finite. With `extremes` of `y`
 * that are known, the work depends on the columns and not on the points.
 */
export function decimate(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  [from, to]: readonly [number, number],
  columns: number,
  extremes: Extremes = scanned(y),
): number[] {
  const first = Math.max(0, lowerBound(x, from) - 1)
  const last = Math.min(x.length - 1, lowerBound(x, to))
  if (last - first + 1 <= 2 * columns) return finite(first, last, y)
  const drawn: number[] = []
  const scale = columns / (to - from)
  const columnOf = (i: number) => Math.floor((x[i] - from) * scale)
  for (let i = first; i <= last; ) {
    const end = endOf(columnOf, columnOf(i), i, last + 1)
    const extreme = extremes(i, end)
    if (extreme) drawn.push(Math.min(extreme.low, extreme.high))
    if (extreme && extreme.low !== extreme.high) drawn.push(Math.max(extreme.low, extreme.high))
    i = end
  }
  if (drawn[0] !== first && Number.isFinite(y[first])) drawn.unshift(first)
  if (drawn.at(-1) !== last && Number.isFinite(y[last])) drawn.push(last)
  return drawn
}

function finite(first: number, last: number, y: ArrayLike<number>): number[] {
  const indices: number[] = []
  for (let i = first; i <= last; i++) if (Number.isFinite(y[i])) indices.push(i)
  return indices
}
