/** How the worker talks to the page. */
import type { LabMessage } from '../protocol/messages.ts'

export type Post = (message: LabMessage, transfer?: Transferable[]) => void

/** At most 20 messages a second, and the last one. */
export function throttled(tell: (done: number, total: number, kept: boolean) => void): typeof tell {
  let last = 0
  return (done, total, kept) => {
    const now = performance.now()
    if (now - last < 50 && done !== total) return
    last = now
    tell(done, total, kept)
  }
}
