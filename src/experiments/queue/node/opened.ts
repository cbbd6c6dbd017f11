/** The connections of a process to the queue. */
import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import type { RetryOptions } from '../job-queue.ts'
import type { Address } from './address.ts'

/** The name of the queue. A Redis database has one; plans on other images use another database. */
export const queueName = 'selectivity-lab-runs'

export interface BullOptions extends RetryOptions {
  /** redis:// or rediss:// */
  readonly url: string
  /** Milliseconds after which the job of a worker that no longer answers is given to another one. */
  readonly lockDuration: number
  /** Told about connections that fail; the queue goes on when the server is back. */
  readonly onProblem: (message: string) => void
  /** Ends the first attempt to connect. */
  readonly signal?: AbortSignal
}

/** The signal that nobody aborts. */
export const never = new AbortController().signal

export const usualOptions = { attempts: 3, delay: 5000, lockDuration: 30_000 } as const

/** The names of the workers, which BullMQ writes into the names of their connections. */
export async function workerNames(queue: Queue): Promise<string[]> {
  const clients = await queue.getWorkers()
  return clients.map(({ rawname = '' }) => rawname.slice(rawname.indexOf(':w:') + 3)).sort()
}

/** Opened connections to a queue. */
export interface Opened {
  readonly address: Address
  readonly queue: Queue
  readonly client: Redis
  readonly options: BullOptions
  readonly onError: (error: Error) => void
}
