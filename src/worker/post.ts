/** Messages of the worker to the page. */
import type { LabMessage } from '../protocol/messages.ts'
import { createThrottle } from '../throttle.ts'

export type Post = (message: LabMessage, transfer?: Transferable[]) => void

type Report = (done: number, total: number, cached: boolean) => void

/** Reports progress at most 20 times a second, and the end. */
export function throttled(report: Report): Report {
  const due = createThrottle(50, () => performance.now())
  return (done, total, cached) => {
    if (done === total || due()) report(done, total, cached)
  }
}
