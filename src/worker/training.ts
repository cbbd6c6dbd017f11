/** The worker's run: prepares images and kernels, trains, and posts every event to the page. */
import type { RunConfig } from '../config/config.ts'
import type { Prepared } from '../data/feed/prepare.ts'
import { selectImages } from '../data/set/select.ts'
import type { ImageSet } from '../data/source.ts'
import { LimitError } from '../gpu/limits.ts'
import type { Gpu } from '../gpu/read.ts'
import { messageOf } from '../message.ts'
import type { LabCommand } from '../protocol/commands.ts'
import type { Environment } from '../protocol/environment.ts'
import type { RunEvent } from '../protocol/run-events.ts'
import { environmentOf } from '../train/environment.ts'
import { imagesIn, requireFit } from '../train/fit.ts'
import { prepareKernels } from '../train/kernels.ts'
import { createLive, type LiveControl } from '../train/live.ts'
import { train } from '../train/train.ts'
import type { SessionHost } from './host.ts'
import { createIdle, type Idle } from './idle.ts'
import { throttled } from './post.ts'
import { fitChoice } from './weights.ts'

type Start = Extract<LabCommand, { type: 'start' }>

/** A run that was started, with its images. */
export interface StartedRun {
  readonly id: string
  readonly set: ImageSet
}

export interface Training {
  /** Trains to the end of the run. Never rejects; posts a failure instead. */
  readonly start: (command: Start, set: ImageSet) => Promise<void>
  readonly stop: () => void
  /** Saves a resume point of the active run after its current step. */
  readonly requestResumePoint: () => void
  /** Ends the timing of kernels. */
  readonly skipTuning: () => void
  readonly live: () => LiveControl
  readonly isActive: () => boolean
  /**
   * Resolves with true once no run takes a step: immediately without a run, otherwise when the run pauses. Resolves
   * with false if the run is not pausing.
   */
  readonly idle: (signal: AbortSignal) => Promise<boolean>
  /** Pauses the run after the checkpoints of these epochs, except after its last one. */
  readonly holdAt: (epochs: readonly number[]) => void
  /** The newest run. */
  readonly started: () => StartedRun | null
}

type Host = Pick<SessionHost, 'post' | 'name' | 'now' | 'prepareImages' | 'kernels' | 'openCheckpoints'>

interface State extends Host {
  readonly usableGpu: () => Promise<Gpu>
  readonly idle: Idle
  /** Stops the active run; null without one. */
  running: AbortController | null
  /** Ends the timing of kernels. */
  tuning: AbortController
  live: LiveControl
  started: StartedRun | null
  /** The page wants a resume point. */
  resumeRequested: boolean
  /** Epochs after whose checkpoints the run pauses. */
  holdAt: ReadonlySet<number>
}

async function start(state: State, command: Start, set: ImageSet): Promise<void> {
  const controller = new AbortController()
  state.running = controller
  // A fresh control: commands for the run before may have arrived after its end.
  state.live = createLive()
  state.holdAt = new Set()
  state.resumeRequested = false
  state.idle.set(false)
  try {
    await run(state, command, set, controller.signal)
  } catch (error) {
    const stopped = 'Stopped before the first step; nothing was recorded.'
    const message = controller.signal.aborted ? stopped : messageOf(error)
    state.post({ type: 'failure', message, ...fixOf(error) })
  } finally {
    state.running = null
    state.idle.set(true)
  }
}

/** The micro-batch that fits, where an error names it. */
const fixOf = (error: unknown): { microBatchSize?: number } =>
  error instanceof LimitError && error.microBatchSize !== null ? { microBatchSize: error.microBatchSize } : {}

async function run(state: State, command: Start, set: ImageSet, signal: AbortSignal): Promise<void> {
  const { config, runId } = command
  const gpu = await state.usableGpu()
  const chosen = selectImages(set, config.data, config.seed)
  requireFit({ gpu, config, classes: chosen.classes.length, images: imagesIn(chosen) })
  state.started = { id: runId, set: chosen }
  const initial = command.initial && (await fitChoice(command.initial, config, chosen.classes))
  const images = await prepareImages(state, chosen, config, signal)
  try {
    const kernels = await timedKernels(state, command, gpu, images.set.classes.length, signal)
    await trainAndPost(state, command, { gpu, images, kernels, initial, signal })
  } finally {
    images.close()
  }
}

interface Ready {
  readonly gpu: Gpu
  readonly images: Prepared
  readonly kernels: Environment['kernels']
  readonly initial: Awaited<ReturnType<typeof fitChoice>> | undefined
  readonly signal: AbortSignal
}

async function trainAndPost(state: State, { config, runId, eager }: Start, ready: Ready): Promise<void> {
  const { gpu, kernels, signal } = ready
  const { set: data } = ready.images
  const initial = ready.initial?.weights
  const warnings = [...(initial?.warnings ?? []), ...ready.images.warnings]
  const { post, name, now, live } = state
  const environment = environmentOf(name, gpu, data, { kernels, initial: ready.initial?.record })
  const save = await state.openCheckpoints(runId).catch(withoutStorage)
  const began = now()
  const options = { config, data, environment, warnings, gpu, live, signal, eager, now, save, initial }
  for await (const event of train(options)) {
    follow(state, event, config)
    post({ type: 'event', event: { ...event, time: Math.round(now() - began) } })
  }
}

/** Without storage, every checkpoint becomes a warning, and training continues. */
const withoutStorage = (error: unknown) => async () => {
  throw new Error(`the browser offers no storage for it (${messageOf(error)})`)
}

/** Notes whether the run is idle, and pauses it after chosen epochs. */
function follow({ idle, live, holdAt }: State, event: RunEvent, { train: { epochs } }: RunConfig): void {
  idle.set(event.type === 'activity' && event.activity === 'paused')
  if (event.type === 'checkpoint' && holdAt.has(event.epoch) && event.epoch < epochs) live.pause()
}

async function prepareImages({ prepareImages, post }: State, set: ImageSet, config: RunConfig, signal: AbortSignal) {
  const onProgress = throttled((done: number, total: number, cached: boolean) =>
    post({ type: 'preparing', done, total, cached }),
  )
  try {
    return await prepareImages(set, config, { onProgress, signal })
  } finally {
    post({ type: 'preparing', done: 0, total: 0, cached: true })
  }
}

/** Chooses the kernels of a run and times them where needed; `skip-tuning` and a stop end the timing. */
function timedKernels(state: State, { config, tuning }: Start, gpu: Gpu, classes: number, stopped: AbortSignal) {
  const { post, kernels: store, now } = state
  state.tuning = new AbortController()
  const signal = AbortSignal.any([state.tuning.signal, stopped])
  const onProgress = (done: number, total: number, work: string) => post({ type: 'tuning', done, total, work })
  return prepareKernels({ gpu, config, classes, tuning, store, now, onProgress, signal })
}

async function reachIdle({ running, live, idle }: State, signal: AbortSignal): Promise<boolean> {
  if (running === null) return true
  if (!live.paused()) return false
  await idle.reached(signal)
  return true
}

/** Training without a run. `usableGpu` opens a device, or a new one after a failure. */
export function createTraining(host: Host, usableGpu: () => Promise<Gpu>): Training {
  const state: State = {
    ...host,
    usableGpu,
    idle: createIdle(),
    running: null,
    tuning: new AbortController(),
    live: createLive(),
    started: null,
    resumeRequested: false,
    holdAt: new Set(),
  }
  return {
    start: (command, set) => start(state, command, set),
    stop: () => state.running?.abort(),
    requestResumePoint: () => {
      state.resumeRequested = true
    },
    skipTuning: () => state.tuning.abort(),
    live: () => state.live,
    isActive: () => state.running !== null,
    idle: (signal) => reachIdle(state, signal),
    holdAt: (epochs) => {
      state.holdAt = new Set(epochs)
    },
    started: () => state.started,
  }
}
