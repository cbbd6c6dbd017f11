/** Reads a queue on Redis without changing it. */
import { type Job, Queue } from 'bullmq'
import { messageOf } from '../../../message.ts'
import type { JobState } from '../job-queue.ts'
import { orNull, parseJob, parseProgress, parseResult, shownText } from '../parse-job.ts'
import type { RunProgress } from '../run-job.ts'
import { parseAddress } from './address.ts'
import { patientOptions, problemReport, tryConnection, within } from './connect.ts'
import { never, queueName } from './opened.ts'

/** A run of the queue, for people. */
export interface WatchedRun {
  readonly id: string
  /** Empty for a job that is no run. */
  readonly plan: string
  readonly name: string
  readonly state: JobState
  /** Attempts that failed. */
  readonly failures: number
  readonly progress: RunProgress | null
  /** Why the newest attempt failed, or how the run ended. */
  readonly message: string
}

export interface Watched {
  /** The number of jobs in each state. */
  readonly counts: Readonly<Record<JobState, number>>
  /** Active jobs, failed ones, waiting ones in their order, and finished ones; the newest first where there is no order. */
  readonly runs: readonly WatchedRun[]
}

const states = [
  ['active', ['active']],
  ['failed', ['failed']],
  ['waiting', ['waiting', 'prioritized', 'delayed']],
  ['finished', ['completed']],
] as const

/** The parsed value, or `otherwise` for what is not as this version writes it. */
async function orElse<T>(parse: () => T | Promise<T>, otherwise: (error: unknown) => T): Promise<T> {
  try {
    return await parse()
  } catch (error) {
    return otherwise(error)
  }
}

function messageIn(job: Job, state: JobState): string {
  if (state === 'finished') return parseResult(job.returnvalue).message
  return shownText(job.failedReason ?? '')
}

async function runOf(job: Job, state: JobState): Promise<WatchedRun> {
  const none = { plan: '', name: '', problem: '' }
  const { plan, name, problem } = await orElse(
    async () => ({ ...none, ...(await parseJob(job.data)) }),
    (error) => ({ ...none, problem: `not a run that this version reads: ${messageOf(error)}` }),
  )
  const progress = orNull(() => parseProgress(job.progress))
  const ending = await orElse(() => messageIn(job, state), messageOf)
  const message = [problem, ending].filter((text) => text !== '').join('; ')
  const failures = Math.max(0, job.attemptsMade - (state === 'finished' ? 1 : 0))
  return { id: shownText(job.id ?? '', 40), plan, name, state, failures, progress, message }
}

/** The run with this id; null for a job that was removed in the meantime. */
async function runWith(queue: Queue, id: string, state: JobState): Promise<WatchedRun | null> {
  const job: Job | null | undefined = await queue.getJob(id).catch((error: unknown) => {
    if (error instanceof SyntaxError) return null
    throw error
  })
  if (job) return runOf(job, state)
  if (job === undefined) return null
  const nothing = { plan: '', name: '', failures: 0, progress: null }
  return { id: shownText(id, 40), ...nothing, state, message: 'not a job: its data are damaged' }
}

/** The jobs of a queue; of each state at most so many. */
export async function watchedRuns(queue: Queue, most: number): Promise<Watched> {
  const counts = { active: 0, failed: 0, waiting: 0, finished: 0 }
  const runs: WatchedRun[] = []
  for (const [state, types] of states) {
    counts[state] = await queue.getJobCountByTypes(...types)
    const ids = await queue.getRanges([...types], 0, most - 1, state === 'waiting')
    const found = await Promise.all(ids.map((id) => runWith(queue, id, state)))
    runs.push(...found.flatMap((run) => run ?? []))
  }
  return { counts, runs }
}

export interface WatchedQueue extends AsyncDisposable {
  readonly queue: Queue
  /** The server, without its password. */
  readonly shown: string
}

/** Rejects with QueueError where the server cannot be reached. `onProblem` is told about connections that fail later. */
export async function watchQueue(
  url: string,
  onProblem: (message: string) => void,
  signal = never,
): Promise<WatchedQueue> {
  const address = parseAddress(url)
  await tryConnection(address, signal)
  const queue = new Queue(queueName, { connection: patientOptions(address), skipMetasUpdate: true })
  queue.on('error', problemReport(address, onProblem))
  // A server that is away does not answer the end of a connection either.
  return { queue, shown: address.shown, [Symbol.asyncDispose]: () => within(1000, queue.close()) }
}
