/** A plan's runs one after another, in any host. It knows no clock, no files and no GPU. */

import { messageOf } from '../message.ts'
import type { EndReason, RunEvent } from '../protocol/run-events.ts'
import type { PlannedRun } from './plan.ts'

/** What is there of a run: all of it, a part to go on from, nothing, or an end that repeating would only repeat. */
export type FoundRun = 'finished' | 'interrupted' | 'new' | 'diverged'

export interface QueueHost {
  readonly find: (run: PlannedRun) => Promise<FoundRun>
  /** Trains, from the newest checkpoint where `resumed`; the last event is `end`. May throw. */
  readonly runOne: (run: PlannedRun, resumed: boolean, signal: AbortSignal) => AsyncIterable<RunEvent>
  /** Measures at the checkpoints of a finished run what is missing. May throw. */
  readonly measure?: (run: PlannedRun, signal: AbortSignal) => Promise<void>
  /** Resolves when the next run may begin; rejects once the signal is aborted, and only then. */
  readonly proceed?: (signal: AbortSignal) => Promise<void>
}

export interface FailedRun {
  readonly run: PlannedRun
  readonly reason: EndReason
  readonly message: string
}

interface OfRun {
  readonly run: PlannedRun
  /** Place among the plan's runs, from 0. */
  readonly index: number
  /** Share of the plan's epochs that are done, between 0 and 1; measurements are not counted. */
  readonly progress: number
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
  | {
      readonly type: 'plan-ended'
      readonly finished: number
      readonly failed: readonly FailedRun[]
      /** True where the signal ended it. */
      readonly stopped: boolean
    }

/** What a run came to. */
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
 * Runs what is not finished, in order; measures each run once it is. A run that fails, or whose measurement does, is told
 * and the next begins. The last event is always `plan-ended`; nothing is thrown. Once the signal is aborted, the run under
 * way is left to end by itself and none begins.
 */
export async function* runPlan(
  runs: readonly PlannedRun[],
  host: QueueHost,
  signal: AbortSignal,
): AsyncGenerator<QueueEvent> {
  const failed: FailedRun[] = []
  const progress = progressOf(runs)
  let finished = 0
  yield { type: 'plan', runs }
  for (const [index, run] of runs.entries()) {
    if (!(await mayBegin(host, signal))) break
    const ending = yield* train(index, progress, host, signal)
    if (signal.aborted && ending.reason === 'stopped') break
    if (ending.reason === 'finished') {
      finished++
      const message = yield* measure(index, progress, host, signal)
      if (message) failed.push({ run, reason: 'error', message: `It could not be measured: ${message}` })
    } else failed.push({ run, ...ending })
  }
  yield { type: 'plan-ended', finished, failed, stopped: signal.aborted }
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
      return { reason: found, message: found === 'diverged' ? 'It diverged before; the same run would again.' : '' }
    }
    const resumed = found === 'interrupted'
    yield { type: 'run-started', resumed, ...progress.of(index) }
    const { epoch, ...ending } = yield* events(host.runOne(run, resumed, signal), index, progress)
    // A failed run's epochs are behind the plan too; those of a stopped one are still to come.
    yield { type: 'run-ended', ...ending, ...progress.of(index, ending.reason === 'stopped' ? epoch : epochs) }
    return ending
  } catch (error) {
    const ending: Ending = { reason: signal.aborted ? 'stopped' : 'error', message: messageOf(error) }
    yield { type: 'run-ended', ...ending, ...progress.of(index, signal.aborted ? 0 : epochs) }
    return ending
  }
}

/** Passes a run's events on; what its end says, and the epoch that it came to. */
async function* events(
  own: AsyncIterable<RunEvent>,
  index: number,
  progress: Progress,
): AsyncGenerator<QueueEvent, Ending & { epoch: number }> {
  let epoch = 0
  let ending: Ending = { reason: 'error', message: 'The run ended without a word.' }
  for await (const event of own) {
    if (event.type === 'end') ending = { reason: event.reason, message: `${event.message} ${event.advice}`.trim() }
    if ('epoch' in event) epoch = event.epoch
    yield { type: 'run-event', event, ...progress.of(index, epoch) }
  }
  return { ...ending, epoch }
}

/** Measures a finished run; what went wrong, or nothing. */
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

/** Holds the queue between runs; the run under way is paused by its own control. */
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
