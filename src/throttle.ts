/**
 * Returns a function that answers whether `interval` milliseconds have passed since it last answered true. The first answer
 * is true, unless `from` says when the interval began. `now` returns milliseconds.
 */
export function createThrottle(interval: number, now: () => number, from = Number.NEGATIVE_INFINITY): () => boolean {
  let last = from
  return () => {
    const time = now()
    if (time - last < interval) return false
    last = time
    return true
  }
}
