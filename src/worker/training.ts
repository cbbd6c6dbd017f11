/** The worker's run: prepares images and kernels, trains, and tells the page of every event. */
import type { RunConfig } from '../config/config.ts'
import { selectImages } from '../data/set/select.ts'
import type { ImageSet } from '../data/source.ts'
import type { Gpu } from '../gpu/read.ts'
import { messageOf } from '../message.ts'
import type { LabCommand } from '../protocol/commands.ts'
import type { RunEvent } from '../protocol/run-events.ts'
import { environmentOf } from '../train/environment.ts'
import { prepareKernels } from '../train/kernels.ts'
import { createLive, type LiveControl } from '../train/live.ts'
import { train } from '../train/train.ts'
import { openCheckpoints } from './checkpoints.ts'
import { preparedImages } from './images.ts'
import { kernelStore } from './kernel-store.ts'
import { type Post, throttled } from './post.ts'
import { createRest } from './rest.ts'

type Start = Extract<LabCommand, { type: 'start' }>

/** A run that was started, with the images that were chosen for it. */
export interface StartedRun {
  readonly id: string
  readonly set: ImageSet
}

export interface Training {
  readonly start: (command: Start, set: ImageSet) => Promise<void>
  readonly stop: () => void
  /** Ends the timing of kernels. */
  readonly skipTuning: () => void
  readonly live: () => LiveControl
  readonly isOn: () => boolean
  /** Resolves once the run takes no step: at a pause, or when none is on. False where it goes on. Rejects when aborted. */
  readonly rests: (signal: AbortSignal) => Promise<boolean>
  /** The run pauses after the checkpoints of these epochs, the last one aside. */
  readonly holdAt: (epochs: readonly number[]) => void
  /** The newest run. */
  readonly started: () => StartedRun | null
}

/** Where storage cannot be had, every checkpoint becomes a warning and training goes on. */
const cannotKeep = (error: unknown) => async () => {
  throw new Error(`the browser offers no storage for it (${messageOf(error)})`)
}

export function createTraining(post: Post, usableGpu: () => Promise<Gpu>): Training {
  let running: AbortController | null = null
  let live = createLive()
  let tuning = new AbortController()
  let started: StartedRun | null = null
  let held: ReadonlySet<number> = new Set()
  const rest = createRest()

  async function start(command: Start, set: ImageSet): Promise<void> {
    const controller = new AbortController()
    running = controller
    held = new Set()
    try {
      await run(command, set, controller.signal)
    } catch (error) {
      const stopped = controller.signal.aborted
      post({
        type: 'failure',
        message: stopped ? 'Stopped before the first step; nothing was recorded.' : messageOf(error),
      })
    } finally {
      running = null
      live = createLive()
      rest.set(true)
    }
  }

  /** What the events mean for measuring: where the run holds still. */
  function follow(event: RunEvent, { train: { epochs } }: RunConfig): void {
    rest.set(event.type === 'activity' && event.activity === 'paused')
    if (event.type === 'checkpoint' && held.has(event.epoch) && event.epoch < epochs) live.pause()
  }

  async function run(command: Start, set: ImageSet, signal: AbortSignal): Promise<void> {
    const { config, runId, eager } = command
    const gpu = await usableGpu()
    const chosen = selectImages(set, config.data, config.seed)
    started = { id: runId, set: chosen }
    const { set: data, warnings, close } = await preparedOf(chosen, config, signal)
    try {
      const kernels = await timedKernels(command, gpu, data.classes.length, signal)
      const environment = environmentOf(navigator.userAgent, gpu, data, { kernels })
      const save = await openCheckpoints(runId).catch(cannotKeep)
      const began = performance.now()
      const now = () => performance.now()
      const options = { config, data, environment, warnings, gpu, live, signal, eager, now, save }
      for await (const event of train(options)) {
        follow(event, config)
        post({ type: 'event', event: { ...event, time: Math.round(performance.now() - began) } })
      }
    } finally {
      close()
    }
  }

  async function preparedOf(chosen: ImageSet, config: RunConfig, signal: AbortSignal) {
    const onProgress = throttled((done, total, kept) => post({ type: 'preparing', done, total, kept }))
    try {
      return await preparedImages(chosen, config, { onProgress, signal })
    } finally {
      post({ type: 'preparing', done: 0, total: 0, kept: true })
    }
  }

  /** The kernels of a run, timed where that is due; `skip-tuning` and a stop end the timing. */
  function timedKernels({ config, tuning: mode }: Start, gpu: Gpu, classes: number, stopped: AbortSignal) {
    tuning = new AbortController()
    return prepareKernels({
      gpu,
      config,
      classes,
      tuning: mode,
      store: kernelStore,
      now: () => performance.now(),
      onProgress: (done, total, work) => post({ type: 'tuning', done, total, work }),
      signal: AbortSignal.any([tuning.signal, stopped]),
    })
  }

  return {
    start,
    stop: () => running?.abort(),
    skipTuning: () => tuning.abort(),
    live: () => live,
    isOn: () => running !== null,
    rests: async (signal) => {
      if (running === null) return true
      if (!live.paused()) return false
      await rest.reached(signal)
      return true
    },
    holdAt: (epochs) => {
      held = new Set(epochs)
    },
    started: () => started,
  }
}
