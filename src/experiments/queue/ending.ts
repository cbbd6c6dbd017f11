/** A queue that a command can leave while its server is away. */
import { abortable } from '../../wait.ts'
import type { JobQueue } from './job-queue.ts'

/** The queue with calls that reject with the signal's reason as soon as it is aborted: a server that is away does not answer. */
export function endingWith(queue: JobQueue, signal: AbortSignal): JobQueue {
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted()
    return abortable(work(), signal)
  }
  return {
    ...queue,
    add: (jobs) => call(() => queue.add(jobs)),
    status: (ids) => call(() => queue.status(ids)),
    retry: (ids) => call(() => queue.retry(ids)),
    remove: (ids) => call(() => queue.remove(ids)),
    workers: () => call(() => queue.workers()),
    agree: (key, value) => call(() => queue.agree(key, value)),
    keep: (name, bytes) => call(() => queue.keep(name, bytes)),
    kept: (name) => call(() => queue.kept(name)),
  }
}
