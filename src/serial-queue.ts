/** Runs work one at a time, in the order of the calls. */
export type SerialQueue = <T>(work: () => T | Promise<T>) => Promise<T>

/** A queue whose later work also runs after earlier work has failed; the failure goes to the caller of that work alone. */
export function createSerialQueue(): SerialQueue {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work)
    last = result.catch(() => {})
    return result
  }
}
