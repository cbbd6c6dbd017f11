/** The worker's run: prepares images and kernels, trains, records every event and posts it to the page. */
import type { RunConfig } from '../config/config.ts'
import type { Prepared } from '../data/feed/prepare.ts'
import { findingsBeside } from '../data/feed/used.ts'
import { selectImages } from '../data/set/select.ts'
import type { ImageSet } from '../data/source.ts'
import { LimitError } from '../gpu/limits.ts'
import type { Gpu } from '../gpu/read.ts'
import { messageOf } from '../message.ts'
import type { LabCommand } from '../protocol/commands.ts'
import type { Environment } from '../protocol/environment.ts'
import type { EndEvent, RunEvent } from '../protocol/run-events.ts'
import type { ResumeState } from '../protocol/run-record.ts'
import type { WritableRun } from '../runs/opfs/folders.ts'
import { environmentOf } from '../train/environment.ts'
import { imagesIn, requireFit, resumeAdvice } from '../train/fit.ts'
import { kernelWarning, prepareKernels } from '../train/kernels.ts'
import { createLive, type LiveControl } from '../train/live.ts'
import { newData, OtherImagesError, type ResumedData, resumedData, withChange } from '../train/resumed-data.ts'
import { train } from '../train/train.ts'
import {
  beginRun,
  type EarlierRun,
  earlierRun,
  lockedText,
  selectedData,
  storageReason,
  trainedConfig,
} from './begin-run.ts'
import type { SessionHost } from './host.ts'
import { createIdle, type Idle } from './idle.ts'
import { drawnFor, prepareRunImages } from './run-images.ts'
import { openNewRecord, openRecord, type RunRecord } from './run-record.ts'
import { unstoredFiles } from './unstored-files.ts'
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
  /** Adds to the record of the newest run what reading all images of the dataset has shown about those of the run. */
  readonly noteAudit: (set: ImageSet) => void
}

type Host = Pick<SessionHost, 'post' | 'name' | 'now' | 'prepareImages' | 'kernels' | 'runs' | 'reading'>

interface State extends Host {
  readonly usableGpu: () => Promise<Gpu>
  readonly idle: Idle
  /** Stops the active run; null without one. */
  running: AbortController | null
  /** Ends the timing of kernels. */
  tuning: AbortController
  live: LiveControl
  started: StartedRun | null
  /** The newest run's images, once they were read. */
  used: StartedRun | null
  /** The record of the active run; null without one. */
  record: RunRecord | null
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
    state.post({ type: 'failure', message, ...fixOf(error, command) })
  } finally {
    state.running = null
    state.record = null
    state.idle.set(true)
    void state.reading.setPace('full')
  }
}

/** What would help: the micro-batch that fits, where an error names it, or to accept other images. */
function fixOf(
  error: unknown,
  { from }: Start,
): { microBatchSize?: number; recompute?: boolean; changedImages?: boolean } {
  if (error instanceof LimitError) {
    const { microBatchSize, recompute } = error
    return { ...(microBatchSize === null ? {} : { microBatchSize }), ...(recompute ? { recompute } : {}) }
  }
  return error instanceof OtherImagesError && error.kind === 'images' && from?.kind === 'resume'
    ? { changedImages: true }
    : {}
}

/** Opens the run's folder, and removes it again where the run fails before its start, or is not stored. */
async function run(state: State, command: Start, set: ImageSet, signal: AbortSignal): Promise<void> {
  const folder = await openFolder(state, command)
  let isKept = command.from?.kind === 'resume'
  try {
    const ready = await prepare(state, command, set, signal)
    try {
      await trainAndRecord(state, command, folder, ready, (isStored) => {
        isKept ||= isStored
      })
    } finally {
      ready.images.close()
    }
  } finally {
    folder.release()
    if (!isKept) await state.runs.remove(command.runId).catch(() => {})
  }
}

interface RunFolder extends WritableRun {
  readonly isStored: boolean
}

/** The run's folder. Without usable storage a new run trains all the same, and the page is told. */
async function openFolder({ runs, post }: State, { runId, from }: Start): Promise<RunFolder> {
  try {
    const opened = await runs.openForWriting(runId)
    if (opened) return { ...opened, isStored: true }
  } catch (error) {
    if (from) throw error
    post({ type: 'not-stored', runId, message: storageReason(error) })
    return { files: unstoredFiles(messageOf(error)), release: () => {}, isStored: false }
  }
  throw new Error(lockedText)
}

interface Ready {
  readonly gpu: Gpu
  readonly config: RunConfig
  readonly earlier: EarlierRun | null
  readonly images: Prepared
  readonly data: ResumedData
  readonly environment: Environment
  readonly initial: Awaited<ReturnType<typeof fitChoice>> | undefined
  readonly signal: AbortSignal
}

/** Everything before the first step: the record that the run begins from, its adapter, images and kernels. */
async function prepare(state: State, command: Start, set: ImageSet, signal: AbortSignal): Promise<Ready> {
  const { runs, usableGpu, name } = state
  const earlier = await earlierRun(runs, command)
  const config = trainedConfig(command, earlier)
  const recorded = earlier?.start.environment.kernels
  const gpu = await usableGpu()
  const drawn = await drawnFor(state, earlier?.start.environment.data, set, signal)
  const chosen = selectImages(drawn, selectedData(config, earlier), config.seed)
  comparedData(command, earlier, chosen)
  const fit = { gpu, config, classes: chosen.classes.length, images: imagesIn(chosen), kernels: recorded }
  requireFit(fit, 'train', earlier ? resumeAdvice : undefined)
  const images = await prepareRunImages(state, chosen, config, signal)
  try {
    const { classes } = images.set
    noteStarted(state, command.runId, config, drawn, images.set)
    const data = comparedData(command, earlier, images.set)
    const initial = command.initial && (await fitChoice(command.initial, config, classes))
    const kernels = await timedKernels(state, { ...command, config }, { gpu, recorded, signal }, classes.length)
    const facts = { kernels, initial: initial?.record ?? earlier?.start.environment.initial }
    const environment = data.record(environmentOf(name, gpu, images.set, facts))
    return { gpu, config, earlier, images, data, environment, initial, signal }
  } catch (error) {
    images.close()
    throw error
  }
}

/** Remembers the images of a run that begins, for its measurements and for what is found about them later. */
function noteStarted(state: State, id: string, { data, seed }: RunConfig, drawn: ImageSet, used: ImageSet): void {
  // Classes without readable images are left out, and no class takes the number of another.
  const classes = used.classes.map((one) => one.id)
  state.started = { id, set: selectImages(drawn, { ...data, classes }, seed) }
  state.used = { id, set: used }
}

/** Compares the images with those of the record. Throws OtherImagesError. */
function comparedData({ from, config }: Start, earlier: EarlierRun | null, set: ImageSet): ResumedData {
  if (!from || !earlier) return newData
  const accept = from.kind !== 'repeat' && from.acceptChanged
  return resumedData(earlier.start, config.data.source, set, accept)
}

/** Trains, and records every event. `onBegin` is called before the first one: whether the run is stored. */
async function trainAndRecord(
  state: State,
  command: Start,
  folder: RunFolder,
  ready: Ready,
  onBegin: (isStored: boolean) => void,
): Promise<void> {
  const { live, post, now, runs } = state
  const { gpu, config, earlier, images, data, environment, initial, signal } = ready
  const { info, controls, warnings, ...begin } = await beginRun(
    folder.files,
    command,
    earlier,
    data.change?.change === 'changed',
  )
  live.repeat(controls)
  const target = { id: command.runId, name: config.name, files: folder.files, info, post, now, runs }
  const { record, isStored } = command.from
    ? { record: await openRecord(target), isStored: true }
    : await openNewRecord(target)
  state.record = record
  const kernels = kernelWarning(earlier?.start.environment.kernels)
  const options = {
    ...{ config, data: images.set, environment, gpu, live, signal, eager: command.eager, now, ...begin },
    initial: initial?.weights,
    warnings: [...warnings, ...(kernels ? [kernels] : []), ...(initial?.weights.warnings ?? []), ...images.warnings],
    save: record.saveCheckpoint,
    onCompiling: (done: number, total: number) => post({ type: 'compiling', done, total }),
    ...resumeSaving(state, config, record, folder.isStored && isStored),
  }
  let end: EndEvent | null = null
  try {
    onBegin(folder.isStored && isStored)
    for await (const event of withChange(train(options), data.change, begin.resume)) {
      follow(state, event, config)
      if (event.type === 'end') end = event
      else await record.record(event)
    }
  } finally {
    // The page may open, resume or delete the run as soon as it knows that it has ended.
    if (end) await record.finish(end)
    else await record.close()
  }
}

/** Notes whether the run is idle, and pauses it after chosen epochs. */
function follow({ idle, live, holdAt }: State, event: RunEvent, { train: { epochs } }: RunConfig): void {
  idle.set(event.type === 'activity' && event.activity === 'paused')
  if (event.type === 'checkpoint' && holdAt.has(event.epoch) && event.epoch < epochs) live.pause()
}

interface Timing {
  readonly gpu: Gpu
  readonly recorded: Environment['kernels']
  readonly signal: AbortSignal
}

/** Chooses the kernels of a run and times them where needed; `skip-tuning` and a stop end the timing. */
function timedKernels(state: State, { config, tuning }: Start, timing: Timing, classes: number) {
  const { post, kernels: store, now } = state
  state.tuning = new AbortController()
  const signal = AbortSignal.any([state.tuning.signal, timing.signal])
  const onProgress = (done: number, total: number, work: string) => post({ type: 'tuning', done, total, work })
  return prepareKernels({ ...timing, config, classes, tuning, store, now, onProgress, signal })
}

/** When resume points are saved, and where. A run without storage saves none. */
function resumeSaving(state: State, { checkpoint }: RunConfig, record: RunRecord, isStored: boolean) {
  if (!isStored) return {}
  const every = checkpoint.resumeSeconds === null ? Number.POSITIVE_INFINITY : 1000 * checkpoint.resumeSeconds
  return {
    saveResume: (point: ResumeState) => {
      state.resumeRequested = false
      return record.saveResume(point)
    },
    resumeDue: () => state.resumeRequested || state.now() - record.savedAt() >= every,
  }
}

async function reachIdle({ running, live, idle }: State, signal: AbortSignal): Promise<boolean> {
  if (running === null) return true
  if (!live.paused()) return false
  await idle.reached(signal)
  return true
}

/** A finding goes into the record of the active run; after its end the page keeps it with the run. */
function noteAudit({ used, record, post }: State, { report }: ImageSet): void {
  // What was known before the run began is in its record.
  if (!used || used.set.report.fingerprint !== report.fingerprint || used.set.report.checked >= report.files) return
  for (const text of findingsBeside(used.set, report)) {
    if (record) record.note(text)
    else post({ type: 'findings', runId: used.id, text })
  }
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
    used: null,
    record: null,
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
    noteAudit: (set) => noteAudit(state, set),
  }
}
