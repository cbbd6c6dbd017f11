/** Trains a run into its folder and yields its events, for `train` and `plan`. */
import type { RunConfig } from '../config/config.ts'
import type { Prepared } from '../data/feed/prepare.ts'
import type { Gpu } from '../gpu/read.ts'
import type { Environment, Tuning } from '../protocol/environment.ts'
import type { RunEvent, StartEvent, StepEvent } from '../protocol/run-events.ts'
import type { RecordedControl, RunInfo } from '../protocol/run-record.ts'
import { dataChangeText } from '../runs/data-change.ts'
import type { WritableRunFiles } from '../runs/format/files.ts'
import { type Prepared as PreparedResume, type PrepareOptions, prepareResume } from '../runs/format/resume.ts'
import { environmentOf } from '../train/environment.ts'
import { resumeAdvice } from '../train/fit.ts'
import { kernelWarning } from '../train/kernels.ts'
import { createLive } from '../train/live.ts'
import type { Resume } from '../train/options.ts'
import { type ResumedData, withChange } from '../train/resumed-data.ts'
import { requireCompiled } from '../train/storage.ts'
import { train } from '../train/train.ts'
import { parseTensors } from './arguments.ts'
import { type Disk, nodeDisk } from './disk.ts'
import { fitting } from './fit.ts'
import { hostName, type OpenImages, type Requirement, readPrepared } from './host.ts'
import { fitInitial, type InitialFile } from './initial.ts'
import { preparedKernels } from './kernels.ts'
import type { Lock } from './lock.ts'
import type { Progress } from './progress.ts'
import { clearRun, keepControls, openRecording } from './record-run.ts'
import type { Going } from './resume.ts'
import { resumedData } from './run-data.ts'
import { openFolder, removeLeftovers } from './run-disk.ts'
import { progress, say } from './terminal.ts'

export interface RunRequest {
  readonly config: RunConfig
  readonly out: string
  readonly signal: AbortSignal
  /** Opens the adapter once, and then returns it. */
  readonly open: () => Promise<{ readonly gpu: Gpu; readonly driver: string }>
  readonly tuning: Tuning
  readonly eager?: boolean
  /** Whether all images of the dataset are read first; by default only those of the run are. */
  readonly check?: 'all' | 'none'
  readonly cache?: boolean
  /** Opens the dataset; by default for this run alone. */
  readonly openImages?: OpenImages
  readonly initial?: InitialFile
  /** Problems before the first step, which the run's log records. */
  readonly warnings?: readonly string[]
  /** Of a new run. */
  readonly info?: RunInfo
  /** The record of the run that goes on: that of the folder, or of the parent of a fork. */
  readonly going?: Going
  /** The first start of the run that this one repeats: on the same images, in the same order of classes. */
  readonly repeated?: StartEvent
  /** Makes the folder of a fork, once images, adapter and kernels are ready. */
  readonly fork?: (files: WritableRunFiles, options: PrepareOptions) => Promise<void>
  /** α and whether it is held, which a new run repeats step by step. */
  readonly controls?: readonly RecordedControl[]
  /** Ends once the state after this step is saved, without an end event. */
  readonly until?: number
  /** Begins with zeros instead of the momentum of the state. */
  readonly withoutMomentum?: boolean
  /** Keeps other writers out of the folder. Its owner releases it. */
  readonly lock?: Pick<Lock, 'confirm'>
  /** Resumes also on other images than the recorded ones, and records that. */
  readonly acceptChangedData?: boolean
  /** Kernels of a run that is replayed or resumed. */
  readonly kernels?: Environment['kernels']
  readonly disk?: Disk
}

/** What opening a run's images, adapter and kernels needs. */
export type ImagesRequest = Omit<RunRequest, 'out' | 'lock'>

/** A resumed run keeps its classes in their recorded order, which is that of its weights. */
function configOf({ config, going, repeated }: ImagesRequest): RunConfig {
  const first = going?.first ?? repeated
  if (!first) return config
  const classes = first.environment.data.classes.map(({ id }) => id)
  return { ...config, data: { ...config.data, classes } }
}

const kernelsOf = ({ kernels, going, repeated }: ImagesRequest) =>
  kernels ?? (going?.first ?? repeated)?.environment.kernels

/** Requires that the run fits the adapter. */
const fitOf = (request: ImagesRequest): Requirement => {
  const { open, going } = request
  const advice = going && resumeAdvice
  return fitting({ config: configOf(request), kernels: kernelsOf(request), open, purpose: 'train', advice })
}

/**
 * Opens and prepares the images of a run; by default it must fit the adapter. Rejects with LimitError, UsageError, DeviceError,
 * DataError or AbortError.
 */
export function readRunImages(request: ImagesRequest, requirement = fitOf(request)): Promise<Prepared> {
  const { config, signal, check, cache, openImages, going, repeated } = request
  const recorded = (going?.last ?? repeated)?.environment.data
  const options = { check, cache, openImages, requirement, recorded }
  return readPrepared(config.data.source, configOf(request), signal, options)
}

/** Opens the adapter and prepares the kernels of a run. Rejects with UsageError, DeviceError or AbortError. */
export async function prepareRun(request: ImagesRequest, { set: data, warnings }: Prepared) {
  const { config, signal, tuning, going } = request
  const initial = request.initial && fitInitial(request.initial, config, data.classes)
  for (const note of initial?.weights.notes ?? []) say(note)
  const { gpu, driver } = await request.open()
  const classes = data.classes.length
  const timed = kernelsOf(request)
  const kernels = await preparedKernels({ gpu, config, classes, tuning, recorded: timed, signal }, driver)
  const warning = kernelWarning(timed)
  const facts = { driver, kernels, initial: initial?.record ?? going?.first.environment.initial }
  return {
    data,
    warnings: [
      ...(request.warnings ?? []),
      ...(warning ? [warning] : []),
      ...(initial?.weights.warnings ?? []),
      ...warnings,
    ],
    gpu,
    initial: initial?.weights,
    environment: environmentOf(hostName, gpu, data, facts),
  }
}

/** The state that the training loop goes on from. Throws UsageError for files that are no tensors. */
function resumeOf(
  { point, weights, momentum, measured }: PreparedResume,
  { out, withoutMomentum }: Pick<RunRequest, 'out' | 'withoutMomentum'>,
): Resume {
  const { step, epoch, batch, checkpoint, savedStep } = point
  const tensors = (bytes: Uint8Array, file: string, what: string) => parseTensors(bytes, `${out}/${file}`, what)
  const velocity =
    momentum && point.momentum && !withoutMomentum ? tensors(momentum, point.momentum.file, 'momentum') : null
  return {
    ...{ step, epoch, batch, checkpoint, savedStep, measured, velocity },
    weights: tensors(weights, point.weights.file, 'weights'),
  }
}

/** What the start event says about where the run comes from. */
function marksOf({ info, going }: RunRequest, step: number) {
  const parent = (going?.info ?? info)?.parent ?? undefined
  const isFork = parent?.kind === 'fork'
  // A fork's own beginning lies at its parent's step; it may be interrupted before it has recorded anything.
  if (isFork && step === parent.step) return { parent }
  if (going) return { resumed: going.mark }
  return parent ? { parent } : {}
}

/** Prepares the folder: cuts the record behind the newest whole state, or empties it for a new run. */
export async function openState(
  files: WritableRunFiles,
  request: Pick<RunRequest, 'out' | 'going' | 'fork' | 'controls' | 'withoutMomentum'>,
  change: ResumedData['change'],
) {
  const { out, going, fork, controls = [] } = request
  const limits = { epochEnds: change?.change === 'changed' }
  await fork?.(files, limits)
  if (going) {
    const state = await prepareResume(files, out, limits)
    for (const message of state.messages) say(`Warning: ${message}`)
    return { controls: state.controls, resume: resumeOf(state, request) }
  }
  // What a failed beginning left must not become a part of this run.
  await clearRun(files)
  if (controls.length > 0) await keepControls(files, controls)
  return { controls, resume: undefined }
}

/** Trains, writes every event to the folder and yields it. Throws before the first event like `readRunImages` and `prepareRun`. */
export async function* trainInto(request: RunRequest): AsyncGenerator<RunEvent> {
  const { config, out, signal, going, until, eager = false, disk = nodeDisk } = request
  requireCompiled({ config, eager })
  await using images = await readRunImages(request)
  const { repeated, acceptChangedData } = request
  const accept = repeated ? 'never' : acceptChangedData ? 'yes' : 'no'
  const { change, record } = resumedData(going?.last ?? repeated, config, images.set, accept)
  const prepared = await prepareRun(request, images)
  const environment = record(prepared.environment)
  request.lock?.confirm()
  await removeLeftovers(out, disk)
  const files = openFolder(out, disk)
  const { resume, controls } = await openState(files, request, change)
  const now = () => performance.now()
  const { info } = request
  const recording = await openRecording(files, { folder: out, config, now, ...(info ? { info } : {}) })
  let saved = -1
  const saveResume: typeof recording.saveResume = async (state) => {
    await recording.saveResume(state)
    saved = state.step
  }
  const onCompiling = progress({ label: 'Compiling shaders', unit: 'shaders' })
  const host = { ...recording, saveResume, live: createLive(controls), now, signal, eager, onCompiling }
  const options = { config, ...prepared, ...host, environment, ...marksOf(request, resume?.step ?? 0) }
  try {
    for await (const event of withChange(train(resume ? { ...options, resume } : options), change, resume)) {
      if (saved === until) return
      await recording.record(event)
      yield event
    }
  } finally {
    await recording.close()
  }
}

const stepText = ({ epoch, loss, top1, alpha }: StepEvent): string =>
  `epoch ${epoch.toFixed(2)}, loss ${loss.toFixed(4)}, top-1 ${(100 * top1).toFixed(1)} %, α ${alpha}`

function report(event: RunEvent): void {
  if (event.type === 'evaluation') {
    say(
      `epoch ${event.epoch}: validation loss ${event.loss.toFixed(4)}, top-1 ${(100 * event.top1).toFixed(2)} %, top-5 ${(100 * event.top5).toFixed(2)} %`,
    )
  } else if (event.type === 'probe') {
    const modules = event.modules.map(
      ({ module, selectivity, floor }) => `${module} ${selectivity.toFixed(3)} (${floor.toFixed(3)})`,
    )
    say(`epoch ${event.epoch}: selectivity (floor) ${modules.join(', ')}`)
  } else if (event.type === 'warning') say(`Warning: ${event.message}`)
  else if (event.type === 'data') say(`${event.change === 'changed' ? 'Warning: ' : ''}${dataChangeText(event)}`)
}

/** Reports a run's events: steps as progress, evaluations, probes and warnings as lines. */
export function createReport(steps: Progress): (event: RunEvent) => void {
  let total = 0
  return (event) => {
    if (event.type === 'start') total = event.totalSteps
    if (event.type === 'step') steps(event.step, total, () => stepText(event))
    else report(event)
  }
}
