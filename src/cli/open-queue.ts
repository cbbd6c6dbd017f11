/** Opens the queue that a user named. */
import type { JobQueue } from '../experiments/queue/job-queue.ts'
import { messageOf } from '../message.ts'
import { UsageError } from './arguments.ts'
import { say } from './terminal.ts'

/** Milliseconds after which the job of a worker that no longer answers goes to another; tests set a shorter time. */
const lockVariable = 'LAB_QUEUE_LOCK'

function lockDuration(otherwise: number): number {
  const given = process.env[lockVariable]
  if (given === undefined) return otherwise
  const value = Number(given)
  if (Number.isInteger(value) && value >= 500) return value
  throw new UsageError(`invalid ${lockVariable}: ${given} (a whole number of milliseconds from 500)`)
}

/** Rejects with UsageError for a wrong address and for a server that cannot be reached, and with the signal's reason. */
export async function openQueue(url: string, signal: AbortSignal): Promise<JobQueue> {
  // Loaded only by the commands that use a queue on Redis.
  const [{ bullQueue }, { usualOptions }, { QueueError }] = await Promise.all([
    import('../experiments/queue/node/bullmq.ts'),
    import('../experiments/queue/node/opened.ts'),
    import('../experiments/queue/node/address.ts'),
  ])
  const retries = { ...usualOptions, lockDuration: lockDuration(usualOptions.lockDuration) }
  try {
    return await bullQueue({ ...retries, url, onProblem: say, signal })
  } catch (error) {
    throw error instanceof QueueError ? new UsageError(messageOf(error)) : error
  }
}
