/** Runs a plan: its runs one after another, on any host. Uses no clock, files or GPU. */
import { messageOf } from '../../message.ts'
import type { EndReason, RunEvent } from '../../protocol/run-events.ts'
import type { PlannedRun } from '../plan.ts'
import { handOver, putAll } from './hand-over.ts'
import { PutBack, type Work } from './job-queue.ts'
import { localQueue } from './local.ts'

/** How far a run has got: finished, with a checkpoint to resume from, not started, or diverged (which repeats). */
export type FoundRun = 'finished' | 'interrupted' | 'new' | 'diverged'

export interface QueueHost {
  readonly find: (run: PlannedRun) => Promise<FoundRun>
  /** Trains, from the newest checkpoint when `resumed`; the last event is `end`. May throw. */
  readonly runOne: (run: PlannedRun, resumed: boolean, signal: AbortSignal) => AsyncIterable<RunEvent>
  /** Takes the missing measurements at the checkpoints of a finished run. May throw. */
  readonly measure?: (run: PlannedRun, signal: AbortSignal) => Promise<void>
  /** Resolves when the next run may start. Rejects only when the signal is aborted. */
  readonly proceed?: (signal: AbortSignal) => Promise<void>
}

export interface FailedRun {
  readonly run: PlannedRun
  readonly reason: EndReason
  readonly message: string
}

interface OfRun {
  readonly run: PlannedRun
  /** Index of the run in the plan, from 0. */
  readonly index: number
  /** Share of the plan's epochs that are done, between 0 and 1, without measurements. */
  readonly progress: number
}

/** How the runs of a plan ended. */
export interface PlanEnd {
  readonly finished: number
  readonly failed: readonly FailedRun[]
  /** True when the signal ended the plan. */
  readonly stopped: boolean
}

export type QueueEvent =
  | { readonly type: 'plan'; readonly runs: readonly PlannedRun[] }
  | ({ readonly type: 'run-skipped'; readonly found: FoundRun } & OfRun)
  | ({ readonly type: 'run-started'; readonly resumed: boolean } & OfRun)
  | ({ readonly type: 'run-event'; readonly event: RunEvent } & OfRun)
  | ({ readonly type: 'run-ended'; readonly reason: EndReason; readonly message: string } & OfRun)
  | ({ readonly type: 'measuring' } & OfRun)
  | ({ readonly type: 'measured' } & OfRun)
  | ({ readonly type: 'measuring-failed'; readonly message: string } & OfRun)
  | ({ readonly type: 'plan-ended' } & PlanEnd)

/** Why a run that diverged is not trained again. */
export const divergedEarlier = 'The run diverged earlier and would diverge again.'

/** How a run ended. */
interface Ending {
  readonly reason: EndReason
  readonly message: string
}

interface Progress {
  readonly of: (index: number, epoch?: number) => OfRun
}

function progressOf(runs: readonly PlannedRun[]): Progress {
  const epochs = runs.map(({ config }) => config.train.epochs)
  const total = epochs.reduce((a, b) => a + b, 0)
  const before = (index: number) => epochs.slice(0, index).reduce((a, b) => a + b, 0)
  return {
    of: (index, epoch = 0) => ({ run: runs[index], index, progress: Math.min(1, (before(index) + epoch) / total) }),
  }
}

/**
 * Trains the unfinished runs in order, and measures each one when it has finished. When a run or its measurement fails, the
 * plan reports that and continues with the next run. Never throws; the last event is always `plan-ended`. When the signal
 * is aborted, the current run ends by itself and no other starts.
 */
export async function* runPlan(
  runs: readonly PlannedRun[],
  host: QueueHost,
  signal: AbortSignal,
): AsyncGenerator<QueueEvent> {
  const outcome: Outcome = { finished: 0, failed: [] }
  yield { type: 'plan', runs }
  yield* handOver<QueueEvent>((put) => work(runs, host, signal, outcome, put))
  yield { type: 'plan-ended', ...outcome, stopped: signal.aborted }
}

interface Outcome {
  finished: number
  readonly failed: FailedRun[]
}

type Put<T> = (value: T) => Promise<void>

/** Works on a queue of the runs, one at a time. A run gets one attempt: what fails once on a machine fails there again. */
async function work(
  runs: readonly PlannedRun[],
  host: QueueHost,
  signal: AbortSignal,
  outcome: Outcome,
  put: Put<QueueEvent>,
): Promise<void> {
  await using queue = localQueue({ attempts: 1, delay: 0 })
  await queue.add(runs.map((_, index) => ({ id: String(index), data: null })))
  const progress = progressOf(runs)
  const one: Work = async ({ id }) => {
    if (!(await mayBegin(host, signal))) throw new PutBack()
    await putAll(trainAndMeasure(Number(id), progress, host, signal, outcome), put)
    if (signal.aborted) throw new PutBack()
  }
  await queue.work(one, { name: 'this process', slots: 1, signal, untilSettled: true })
}

async function* trainAndMeasure(
  index: number,
  progress: Progress,
  host: QueueHost,
  signal: AbortSignal,
  outcome: Outcome,
): AsyncGenerator<QueueEvent> {
  const { run } = progress.of(index)
  const ending = yield* train(index, progress, host, signal)
  if (signal.aborted && ending.reason === 'stopped') return
  if (ending.reason !== 'finished') {
    outcome.failed.push({ run, ...ending })
    return
  }
  outcome.finished++
  const message = yield* measure(index, progress, host, signal)
  if (message) outcome.failed.push({ run, reason: 'error', message: `The run could not be measured: ${message}` })
}

async function mayBegin({ proceed }: QueueHost, signal: AbortSignal): Promise<boolean> {
  await proceed?.(signal).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  return !signal.aborted
}

async function* train(
  index: number,
  progress: Progress,
  host: QueueHost,
  signal: AbortSignal,
): AsyncGenerator<QueueEvent, Ending> {
  const { run } = progress.of(index)
  const { epochs } = run.config.train
  try {
    const found = await host.find(run)
    if (found === 'finished' || found === 'diverged') {
      yield { type: 'run-skipped', found, ...progress.of(index, epochs) }
      return { reason: found, message: found === 'diverged' ? divergedEarlier : '' }
    }
    const resumed = found === 'interrupted'
    yield { type: 'run-started', resumed, ...progress.of(index) }
    const { epoch, ...ending } = yield* events(host.runOne(run, resumed, signal), index, progress)
    // The epochs of a failed run count as done; those of a stopped run do not.
    yield { type: 'run-ended', ...ending, ...progress.of(index, ending.reason === 'stopped' ? epoch : epochs) }
    return ending
  } catch (error) {
    const ending: Ending = { reason: signal.aborted ? 'stopped' : 'error', message: messageOf(error) }
    yield { type: 'run-ended', ...ending, ...progress.of(index, signal.aborted ? 0 : epochs) }
    return ending
  }
}

/** Forwards a run's events. Returns how it ended and its last epoch. */
async function* events(
  own: AsyncIterable<RunEvent>,
  index: number,
  progress: Progress,
): AsyncGenerator<QueueEvent, Ending & { epoch: number }> {
  let epoch = 0
  let ending: Ending = { reason: 'error', message: 'The run ended without an end event.' }
  for await (const event of own) {
    if (event.type === 'end') ending = { reason: event.reason, message: `${event.message} ${event.advice}`.trim() }
    if ('epoch' in event) epoch = event.epoch
    yield { type: 'run-event', event, ...progress.of(index, epoch) }
  }
  return { ...ending, epoch }
}

/** Measures a finished run. Returns the error message, or '' on success. */
async function* measure(
  index: number,
  progress: Progress,
  host: QueueHost,
  signal: AbortSignal,
): AsyncGenerator<QueueEvent, string> {
  if (!host.measure || signal.aborted) return ''
  const place = progress.of(index, progress.of(index).run.config.train.epochs)
  yield { type: 'measuring', ...place }
  try {
    await host.measure(place.run, signal)
    yield { type: 'measured', ...place }
    return ''
  } catch (error) {
    if (signal.aborted) return ''
    yield { type: 'measuring-failed', message: messageOf(error), ...place }
    return messageOf(error)
  }
}

export interface Gate {
  readonly paused: () => boolean
  readonly pause: () => void
  readonly open: () => void
  /** Fits QueueHost.proceed. */
  readonly proceed: (signal: AbortSignal) => Promise<void>
}

/** Pauses the plan between runs; the current run is paused by its own live control. */
export function createGate(): Gate {
  let paused = false
  let wake = () => {}
  return {
    paused: () => paused,
    pause: () => {
      paused = true
    },
    open: () => {
      paused = false
      wake()
    },
    proceed: async (signal) => {
      while (paused && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      }
      signal.throwIfAborted()
    },
  }
}
