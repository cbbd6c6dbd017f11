/** Messages of the worker to the page. */
import type { LabMessage } from '../protocol/messages.ts'
import { createThrottle } from '../throttle.ts'

export type Post = (message: LabMessage, transfer?: Transferable[]) => void

/** Reports progress at most 20 times a second, and the end. */
export function throttled<Rest extends unknown[]>(
  report: (done: number, total: number, ...rest: Rest) => void,
): typeof report {
  const due = createThrottle(50, () => performance.now())
  return (done, total, ...rest) => {
    if (done === total || due()) report(done, total, ...rest)
  }
}
