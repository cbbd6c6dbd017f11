/** A worker of the queue on Redis. */
import { type Job, type Queue, UnrecoverableError, WaitingError, Worker } from 'bullmq'
import { messageOf } from '../../../message.ts'
import { abortable, wait } from '../../../wait.ts'
import { Hopeless, PutBack, type Work, type WorkOptions } from '../job-queue.ts'
import { patientOptions, within } from './connect.ts'
import type { Opened } from './opened.ts'

/** How many workers may die with a job before the job is taken for the cause, and fails. */
const mostDeaths = 10

async function attempt(work: Work, job: Job, token: string | undefined, signal: AbortSignal): Promise<unknown> {
  try {
    return await work({
      ...{ id: job.id ?? '', data: job.data, number: job.attemptsStarted, signal },
      report: (progress) => job.updateProgress(Object(progress)),
    })
  } catch (error) {
    if (error instanceof Hopeless) throw new UnrecoverableError(error.message)
    if (!(error instanceof PutBack)) throw new Error(messageOf(error))
    await job.moveToWait(token)
    throw new WaitingError()
  }
}

const unsettled = ['waiting', 'prioritized', 'delayed', 'active'] as const

async function isSettled(queue: Queue): Promise<boolean> {
  const counts = await queue.getJobCounts(...unsettled)
  return Object.values(counts).every((count) => count === 0)
}

/** Resolves when the signal is aborted, or, where asked for, when every job is finished or failed. */
async function untilEnd({ queue }: Opened, { signal, untilSettled = false }: WorkOptions): Promise<void> {
  try {
    if (!untilSettled) await abortable(new Promise<never>(() => {}), signal)
    while (!(await abortable(isSettled(queue), signal))) await wait(500, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** The most milliseconds that a worker waits at its end for a server that is away. */
const patience = 5000

export async function workWith(opened: Opened, work: Work, options: WorkOptions): Promise<void> {
  const { lockDuration } = opened.options
  const { signal, name, slots } = options
  const running = new Set<Promise<unknown>>()
  const noted: Work = (attempt) => {
    const result = work(attempt)
    running.add(result)
    return result.finally(() => running.delete(result))
  }
  const worker = new Worker(
    opened.queue.name,
    // BullMQ passes its signal only to a function with three parameters.
    (job, token, lost) => attempt(noted, job, token, lost ? AbortSignal.any([signal, lost]) : signal),
    {
      connection: patientOptions(opened.address),
      ...{ name, concurrency: slots, lockDuration, stalledInterval: lockDuration, maxStalledCount: mostDeaths },
    },
  )
  worker.on('error', opened.onError)
  // The server gave the job to another worker, for instance after this machine could not be reached for a while.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'another worker may have the job now')
  })
  // Before an attempt puts its job back, so that this worker does not take it again.
  const pause = () => void worker.pause(true).catch(opened.onError)
  signal.addEventListener('abort', pause)
  try {
    await untilEnd(opened, options)
  } finally {
    signal.removeEventListener('abort', pause)
    while (running.size > 0) await Promise.allSettled(running)
    // A server that is away takes no job back: it gives the job to another worker when the lock has ended.
    await within(Math.min(patience, lockDuration), worker.close())
  }
}
