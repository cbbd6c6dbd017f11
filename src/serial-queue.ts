/** Runs work one at a time, in the order of the calls. */
export type SerialQueue = <T>(work: () => T | Promise<T>) => Promise<T>

/**
 * A queue in which work also runs after earlier work has failed. Only the caller of the failed work gets the failure.
 */
export function createSerialQueue(): SerialQueue {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work)
    last = result.catch(() => {})
    return result
  }
}
