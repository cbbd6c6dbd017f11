/** Decodes large images one after another: each needs up to 15 bytes per pixel. */

const manyPixels = 25e6

let last: Promise<unknown> = Promise.resolve()

/** Calls `work` at once, or for an image of many pixels after those before it. */
export function inTurn<T>(pixels: number, work: () => Promise<T>): Promise<T> {
  if (pixels < manyPixels) return work()
  const result = last.then(work)
  last = result.catch(() => {})
  return result
}
