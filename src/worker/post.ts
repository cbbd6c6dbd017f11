/** Messages of the worker to the page. */
import type { LabMessage } from '../protocol/messages.ts'
import { createThrottle } from '../throttle.ts'

export type Post = (message: LabMessage, transfer?: Transferable[]) => void

/** Reports progress at most every `interval` milliseconds, and the end. */
export function throttled<Rest extends unknown[]>(
  report: (done: number, total: number, ...rest: Rest) => void,
  interval = 50,
): typeof report {
  const due = createThrottle(interval, () => performance.now())
  return (done, total, ...rest) => {
    if (done === total || due()) report(done, total, ...rest)
  }
}
