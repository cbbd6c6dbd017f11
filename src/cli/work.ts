/** `work --queue URL --data SOURCE`: trains the runs of plans that were sent to a queue. */
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { shownFingerprint } from '../data-identity.ts'
import { endingWith } from '../experiments/queue/ending.ts'
import { type Attempt, Hopeless, type JobQueue, PutBack } from '../experiments/queue/job-queue.ts'
import { parseJob } from '../experiments/queue/parse-job.ts'
import { JobError, type RunJob, type RunResult } from '../experiments/queue/run-job.ts'
import { messageOf } from '../message.ts'
import { abortable } from '../wait.ts'
import { checkOf, gpuOf, parseFlags, required, UsageError, wholeNumber } from './arguments.ts'
import { workFlags } from './flags.ts'
import { openQueue } from './open-queue.ts'
import { interruption, say } from './terminal.ts'
import { sendBundle } from './work-bundle.ts'
import { type AttemptFolder, addPart, openAttempt, partsIn, removeOthers, usualRuns } from './work-folders.ts'
import type { TrainMessage } from './work-messages.ts'
import { createSlot, type Slot, type TrainerEnd } from './work-process.ts'

function parse(args: string[]) {
  const { values } = parseFlags(args, workFlags)
  const url = required(values.queue, 'queue')
  const source = required(values.data, 'data')
  if (source !== 'cifar10' && !existsSync(source)) throw new UsageError(`no such data source: ${resolve(source)}`)
  return {
    url,
    source: source === 'cifar10' ? source : resolve(source),
    gpu: gpuOf(values),
    slots: wholeNumber(values.slots, 'slots', 1, 1),
    runs: resolve(values.runs ?? usualRuns()),
    shared: values.runs === undefined ? null : resolve(values.runs),
    drain: values.drain ?? false,
    options: {
      tuning: values.untuned ? 'untuned' : 'auto',
      eager: values.eager,
      check: checkOf(values),
      cache: !values['no-cache'],
    } as const,
  }
}

type Parsed = ReturnType<typeof parse>

interface Worker extends Parsed {
  readonly name: string
  readonly queue: JobQueue
  readonly stop: AbortController
  /** Aborted some seconds after `stop`: a queue that is away takes no record. */
  readonly giveUp: AbortSignal
  /** Slots without a run. */
  readonly free: Slot[]
  /** Ids of the jobs that are worked on. */
  readonly busy: Set<string>
  /** Why the worker cannot go on. */
  refusal: Error | null
}

/** Compares the images with those of the plan. On other images, the worker ends: all further runs would fail the same way. */
async function requireImages(worker: Worker, { images, plan }: RunJob, fingerprint: string): Promise<void> {
  const agreed = await worker.queue.agree(`images:${images}`, fingerprint)
  if (agreed === fingerprint) return
  const [own, theirs] = [fingerprint, agreed].map(shownFingerprint)
  worker.refusal = new UsageError(
    `${worker.source} has other images (fingerprint ${own}) than the plan ${plan} (${theirs}); name those with --data`,
  )
  worker.stop.abort()
  throw new PutBack()
}

/** Turns the end of a run into what the queue understands. */
function requireResult({ reason, message }: TrainerEnd): Pick<RunResult, 'reason' | 'message'> {
  if (reason === 'finished' || reason === 'diverged') return { reason, message }
  if (reason === 'stopped') throw new PutBack()
  throw new Error(message)
}

async function train(
  worker: Worker,
  slot: Slot,
  job: RunJob,
  own: AttemptFolder,
  attempt: Attempt,
): Promise<TrainerEnd> {
  const { source, options, name } = worker
  const message: TrainMessage = { type: 'train', job, folder: own.folder, source, options }
  return slot.train(
    message,
    {
      onImages: (fingerprint) => requireImages(worker, job, fingerprint),
      onBegan: ({ adapter, fromStep }) => addPart(own, { worker: name, adapter, fromStep }),
      onProgress: (progress) => void attempt.report({ worker: name, ...progress }).catch(() => {}),
      onLine: (line) => say(`${job.name}: ${line}`),
    },
    attempt.signal,
  )
}

/** Trains the run of a job and leaves its bundle. */
async function trainJob(worker: Worker, slot: Slot, job: RunJob, attempt: Attempt): Promise<RunResult> {
  const { runs, shared, giveUp } = worker
  const own = await openAttempt(runs, job)
  say(`${job.name} of ${job.plan}: attempt ${attempt.number}`)
  const ended = requireResult(await train(worker, slot, job, own, attempt))
  const bundle = await sendBundle(endingWith(worker.queue, giveUp), { run: own.run, id: job.id, shared })
  removeOthers(runs, job, own)
  say(`${job.name}: ${ended.message} Its checkpoints are in ${own.run}`)
  return { ...ended, parts: partsIn(own), bundle }
}

/** A job from the queue; one that cannot be used fails without further attempts. */
async function jobIn({ id, data }: Attempt): Promise<RunJob> {
  try {
    const job = await parseJob(data)
    if (job.id !== id) throw new JobError('the job has another id than in the queue')
    return job
  } catch (error) {
    if (error instanceof JobError)
      throw new Hopeless(`the job cannot be used: ${error.message} (plan and workers need the same version of the lab)`)
    throw error
  }
}

/** Keeps a slot for an attempt while it lasts. */
async function attemptIn(worker: Worker, attempt: Attempt): Promise<RunResult> {
  const job = await jobIn(attempt)
  if (attempt.signal.aborted) throw new PutBack()
  // An attempt that lost its job may still be ending here.
  const slot = worker.busy.has(job.id) ? undefined : worker.free.pop()
  if (!slot) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    throw new PutBack()
  }
  worker.busy.add(job.id)
  try {
    return await trainJob(worker, slot, job, attempt)
  } catch (error) {
    if (worker.giveUp.aborted) throw new PutBack()
    if (!(error instanceof PutBack)) say(`${job.name}: failed: ${messageOf(error)}`)
    throw error
  } finally {
    worker.busy.delete(job.id)
    worker.free.push(slot)
  }
}

/** Milliseconds for which a worker that stops goes on sending a record. */
const patience = 10_000

/** A signal that is aborted some time after another one. */
function after(milliseconds: number, signal: AbortSignal): AbortSignal {
  const controller = new AbortController()
  signal.addEventListener('abort', () => setTimeout(() => controller.abort(), milliseconds).unref())
  return controller.signal
}

export async function work(args: string[]): Promise<number> {
  const parsed = parse(args)
  const signal = interruption()
  const slots = Array.from({ length: parsed.slots }, () => createSlot(parsed.gpu))
  try {
    await using queue = await openQueue(parsed.url, signal)
    // A worker without a GPU would take runs and fail them.
    const adapter = await abortable(slots[0].adapter(), signal)
    const stop = new AbortController()
    signal.addEventListener('abort', () => stop.abort())
    const name = `${hostname()}-${process.pid}`
    const signals = { stop, giveUp: after(patience, stop.signal) }
    const worker: Worker = { ...parsed, ...signals, name, queue, free: [...slots], busy: new Set(), refusal: null }
    say(`Worker ${name} waits for runs, which it trains on ${adapter} and writes to ${parsed.runs}`)
    const options = { name, slots: parsed.slots, signal: stop.signal, untilSettled: parsed.drain }
    await queue.work((attempt) => attemptIn(worker, attempt), options)
    if (worker.refusal) throw worker.refusal
    return 0
  } finally {
    for (const slot of slots) await slot.close()
  }
}
