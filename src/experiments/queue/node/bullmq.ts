/** The queue of many machines: BullMQ on Redis or Valkey. Retries, priorities, locks and recovery are BullMQ's. */
import { type Job, Queue, QueueEvents } from 'bullmq'
import { Redis } from 'ioredis'
import { createBell } from '../bell.ts'
import type { JobQueue, JobStatus, NewJob, RetryOptions } from '../job-queue.ts'
import { parseAddress } from './address.ts'
import { workWith } from './bullmq-worker.ts'
import { patientOptions, problemReport, tryConnection, within } from './connect.ts'
import { keepBytes, keptBytes } from './kept-bytes.ts'
import { type BullOptions, never, type Opened, queueName, workerNames } from './opened.ts'

/** Begins the names of the keys that are not BullMQ's. */
const prefix = 'selectivity-lab'

const stateNames: Readonly<Record<string, JobStatus['state']>> = {
  completed: 'finished',
  failed: 'failed',
  active: 'active',
}

/** The job with this id. One that cannot be read is removed: it can neither be worked on nor sent again. */
async function jobIn(queue: Queue, id: string): Promise<Job | null> {
  try {
    return (await queue.getJob(id)) ?? null
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    await queue.remove(id)
    return null
  }
}

async function statusOf(job: Job): Promise<JobStatus> {
  const state = stateNames[await job.getState()] ?? 'waiting'
  const { progress, returnvalue } = job
  return {
    id: job.id ?? '',
    state,
    failures: job.attemptsMade - (state === 'finished' ? 1 : 0),
    error: job.failedReason ?? '',
    ...(typeof progress === 'object' ? { progress } : {}),
    ...(state === 'finished' ? { result: returnvalue } : {}),
  }
}

/** Jobs whose states are asked for at once. */
const together = 500

async function statuses(queue: Queue, ids: readonly string[]): Promise<(JobStatus | null)[]> {
  const all: (JobStatus | null)[] = []
  for (let at = 0; at < ids.length; at += together) {
    const some = ids.slice(at, at + together).map(async (id) => {
      const job = await jobIn(queue, id)
      return job ? statusOf(job) : null
    })
    all.push(...(await Promise.all(some)))
  }
  return all
}

const sent = ({ id, data, priority }: NewJob<unknown>, { attempts, delay }: RetryOptions) => ({
  name: 'run',
  data,
  opts: {
    ...{ jobId: id, attempts, backoff: { type: 'exponential', delay } },
    ...(priority ? { priority } : {}),
  },
})

async function add({ queue, options }: Opened, jobs: readonly NewJob<unknown>[]): Promise<number> {
  const before = await statuses(
    queue,
    jobs.map(({ id }) => id),
  )
  const fresh = jobs.filter((_, i) => before[i] === null)
  for (let at = 0; at < fresh.length; at += together)
    await queue.addBulk(fresh.slice(at, at + together).map((job) => sent(job, options)))
  return fresh.length
}

/** Begins a failed job anew: BullMQ's own retry would keep its count of stalls. */
async function again({ queue, options }: Opened, id: string): Promise<boolean> {
  const job = await jobIn(queue, id)
  if (!job || (await job.getState()) !== 'failed') return false
  await job.remove()
  const { data, opts } = job
  const { name, ...rest } = sent({ id, data, priority: opts.priority ?? 0 }, options)
  await queue.add(name, rest.data, rest.opts)
  return true
}

async function remove({ queue }: Opened, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const job = await jobIn(queue, id)
    // A job that a worker has is locked, and stays.
    await job?.remove().catch(() => {})
  }
}

const watched = ['waiting', 'active', 'progress', 'completed', 'failed', 'stalled', 'removed', 'delayed'] as const

/** Milliseconds after which `changed` resolves although nothing was heard: events may be lost while Redis is away. */
const longest = 5000

/** Listens to the queue's events from the first call on. */
function createWatch({ address, onError }: Opened) {
  let events: QueueEvents | undefined
  const bell = createBell()
  let news = true
  const listen = () => {
    events = new QueueEvents(queueName, { connection: patientOptions(address) })
    events.on('error', onError)
    for (const name of watched)
      events.on(name, () => {
        news = true
        bell.ring()
      })
  }
  const changed = async (signal: AbortSignal) => {
    if (!events) listen()
    signal.throwIfAborted()
    if (!news) await bell.heard(signal, longest)
    signal.throwIfAborted()
    news = false
  }
  return { changed, close: async () => events?.close() }
}

/** Seconds for which an agreement lasts: a quarter of a year. */
const agreementLifetime = 90 * 24 * 3600

async function agree({ client }: Opened, key: string, value: string): Promise<string> {
  const own = `${prefix}:agreed:${key}`
  await client.set(own, value, 'EX', agreementLifetime, 'NX')
  return (await client.get(own)) ?? value
}

/** Opens the queue. Rejects with QueueError where the server cannot be reached, and with the signal's reason. */
export async function bullQueue(options: BullOptions): Promise<JobQueue> {
  const address = parseAddress(options.url)
  await tryConnection(address, options.signal ?? never)
  const onError = problemReport(address, options.onProblem)
  const client = new Redis(patientOptions(address))
  client.on('error', onError)
  const queue = new Queue(queueName, { connection: patientOptions(address) })
  queue.on('error', onError)
  const opened: Opened = { address, queue, client, options, onError }
  const watch = createWatch(opened)
  return {
    add: (jobs) => add(opened, jobs),
    status: (ids) => statuses(queue, ids),
    changed: watch.changed,
    retry: async (ids) => (await Promise.all(ids.map((id) => again(opened, id)))).filter(Boolean).length,
    remove: (ids) => remove(opened, ids),
    workers: async () => (await workerNames(queue)).map((name) => ({ name })),
    work: (work, workOptions) => workWith(opened, work, workOptions),
    agree: (key, value) => agree(opened, key, value),
    keep: (name, bytes) => keepBytes(client, prefix, name, bytes),
    kept: (name) => keptBytes(client, prefix, name),
    [Symbol.asyncDispose]: async () => {
      // A server that is away does not answer the end of a connection either.
      await within(1000, Promise.all([watch.close(), queue.close()]))
      client.disconnect()
    },
  }
}
