/** Starting and steering a run. */
import type { RunConfig } from '../config/config.ts'
import type { StartFrom } from '../protocol/commands.ts'
import type { LoggedEvent } from '../protocol/run-events.ts'
import type { InitialChoice } from '../protocol/weights-report.ts'
import type { GrowingRun } from '../runs/reduce.ts'
import { clearQueue } from './auto-measure.ts'
import { createChannel } from './channel.ts'
import { fitToData } from './config-actions.ts'
import { changeStatus, type LabContext, say, setRequests } from './context.ts'
import { readFor, sourceToRead } from './data-actions.ts'
import { heldAlpha } from './live-actions.ts'
import { runId } from './names.ts'
import { isAbort, LabError } from './pending.ts'
import { stopRecovery } from './recover.ts'
import { rememberImages } from './run-images.ts'
import { next } from './run-status.ts'
import { type LabState, noFailure, noRun, notMeasuring } from './state.ts'
import { isPaused, loadedData, runBlocker, startBlocker } from './status.ts'
import { initialChoice } from './weights-actions.ts'

export interface RunOptions {
  /** Stops the run, or the reading of its images. */
  readonly signal?: AbortSignal
  /** Called with the id of the run when the start command is sent to the worker. */
  readonly onBegin?: (id: string) => void
  /** The weights to begin with; absent for random ones. */
  readonly initial?: InitialChoice
  /** How the run begins that is no new one. */
  readonly from?: StartFrom
  /** Its name in the list of runs; by default that of the configuration. */
  readonly name?: string
  /** What it has recorded so far, where it goes on or begins with the record of another one; its id is the run's. */
  readonly begun?: GrowingRun
}

const newRun = ({ view, run }: LabState, config: RunConfig, id: string): Partial<LabState> => ({
  run: { ...noRun, status: next(run.status, 'start') ?? run.status, id, config },
  view: { ...view, range: null, cursor: null, moment: null },
  retune: false,
  measuring: notMeasuring,
  autoMeasure: null,
  ...noFailure,
  recovered: null,
  resumeProblem: null,
  notStored: null,
  status: `Starting ${config.name}.`,
})

/** Makes a new run the shown one and asks the worker to train it. */
function begin(
  lab: LabContext,
  config: RunConfig,
  { initial, from, name, begun }: RunOptions,
): { id: string; events: AsyncIterable<LoggedEvent> } {
  const { store, series, client, host, pending } = lab
  const { live, retune, eager } = store.getState()
  const id = begun?.id ?? runId(host.now(), host.random())
  const channel = createChannel<LoggedEvent>()
  pending.run = channel
  pending.before = store.getState().run
  if (begun) series.open(begun, 'instead')
  else series.begin(id)
  rememberImages(lab, id)
  // Not only the first run: the browser may agree to keep the storage later.
  host.requestStorage()
  setRequests(lab, { announcedAt: 0 })
  store.setState((state) => newRun(state, config, id))
  client.post({ type: 'start', config, runId: id, tuning: retune ? 'again' : 'auto', eager, initial, from, name })
  if (live.held && from?.kind !== 'repeat') client.post({ type: 'alpha', value: heldAlpha(live) })
  return { id, events: channel.values }
}

function throwIfBlocked({ store }: LabContext): void {
  const blocker = runBlocker(store.getState())
  if (blocker) throw new LabError(blocker)
}

/** The configuration on the images that were read again for it. */
async function readAgain(lab: LabContext, config: RunConfig, signal?: AbortSignal): Promise<RunConfig> {
  await readFor(lab, config, signal)
  throwIfBlocked(lab)
  const loaded = loadedData(lab.store.getState().data)
  return loaded ? fitToData(config, loaded.report) : config
}

/**
 * Trains a configuration on the dataset that was read, which is read again where the configuration splits it
 * differently. Does not change the form. Yields the run's events; the last one is `end`. Throws LabError when the run
 * cannot begin, and AbortError when the user or the signal stops it before its first step.
 */
export async function* runConfig(
  lab: LabContext,
  config: RunConfig,
  options: RunOptions = {},
): AsyncGenerator<LoggedEvent> {
  const { signal, onBegin } = options
  signal?.throwIfAborted()
  throwIfBlocked(lab)
  const ready = sourceToRead(lab, config) ? await readAgain(lab, config, signal) : config
  signal?.throwIfAborted()
  const { id, events } = begin(lab, ready, options)
  onBegin?.(id)
  yield* untilStopped(lab, events, signal)
}

/** The events of the active run, which the signal stops. */
export async function* untilStopped(
  lab: LabContext,
  events: AsyncIterable<LoggedEvent>,
  signal: AbortSignal | undefined,
): AsyncGenerator<LoggedEvent> {
  const stop = () => stopRun(lab)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    yield* events
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** Trains the configuration of the form from its weights. The state shows everything that happens. */
async function startForm(lab: LabContext): Promise<void> {
  try {
    const { config, weights } = lab.store.getState()
    for await (const _ of runConfig(lab, config, { initial: initialChoice(weights) }));
  } catch (error) {
    if (error instanceof LabError) say(lab, error.message)
    else if (!isAbort(error)) throw error
  }
}

function pauseRun(lab: LabContext): void {
  const wasAutoPaused = lab.store.getState().run.status === 'auto-paused'
  if (!changeStatus(lab, 'pause') || wasAutoPaused) return
  lab.client.post({ type: 'pause' })
  say(lab, 'Paused. Step takes one optimizer step.')
}

function resumeRun(lab: LabContext): void {
  if (!changeStatus(lab, 'resume')) return
  clearQueue(lab)
  lab.client.post({ type: 'resume' })
  say(lab, 'Training resumes.')
}

function stepOnce(lab: LabContext): void {
  if (!isPaused(lab.store.getState().run.status)) return
  changeStatus(lab, 'pause')
  clearQueue(lab)
  lab.client.post({ type: 'step' })
}

function stopRun(lab: LabContext): void {
  if (stopRecovery(lab) || !changeStatus(lab, 'stop')) return
  clearQueue(lab)
  lab.client.post({ type: 'stop' })
  say(lab, 'Stopping after this step.')
}

export function runActions(lab: LabContext) {
  const { store, client } = lab
  return {
    /** Trains the configuration of the form. */
    start: (): void => {
      const reason = startBlocker(store.getState())
      if (reason) say(lab, reason)
      else void startForm(lab)
    },
    /** Trains a configuration and yields the run's events; see runConfig. */
    runConfig: (config: RunConfig, options?: RunOptions): AsyncGenerator<LoggedEvent> =>
      runConfig(lab, config, options),
    pause: (): void => pauseRun(lab),
    resume: (): void => resumeRun(lab),
    /** Takes one optimizer step of a paused run. */
    stepOnce: (): void => stepOnce(lab),
    stop: (): void => stopRun(lab),
    /** Ends the timing of kernels before a run; the timings so far are used. */
    skipTuning: (): void => {
      client.post({ type: 'skip-tuning' })
      say(lab, 'Timing skipped. The lab chooses the remaining kernels by their shapes.')
    },
    /** Whether the next start times all kernels again. */
    setRetune: (retune: boolean): void => store.setState({ retune }),
    /** Whether runs take their steps operation by operation instead of compiled. */
    setEager: (eager: boolean): void => store.setState({ eager }),
  }
}
