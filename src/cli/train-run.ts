/** Trains a run into its folder and yields its events, for `train` and `plan`. */
import type { RunConfig } from '../config/config.ts'
import type { Prepared } from '../data/feed/prepare.ts'
import type { Gpu } from '../gpu/read.ts'
import type { Environment, Tuning } from '../protocol/environment.ts'
import type { RecordedEvent, RunEvent, StepEvent } from '../protocol/run-events.ts'
import { dataChangeText } from '../runs/data-change.ts'
import { environmentOf } from '../train/environment.ts'
import { resumeAdvice } from '../train/fit.ts'
import { kernelWarning } from '../train/kernels.ts'
import type { Live } from '../train/live.ts'
import type { Resume } from '../train/options.ts'
import type { ResumedData } from '../train/resumed-data.ts'
import { train } from '../train/train.ts'
import { fitting } from './fit.ts'
import { hostName, type OpenImages, type Requirement, readPrepared } from './host.ts'
import { fitInitial, type InitialFile, recordedInitial } from './initial.ts'
import { preparedKernels } from './kernels.ts'
import type { Lock } from './lock.ts'
import type { Progress } from './progress.ts'
import { resumedData } from './run-data.ts'
import { openRunFolder } from './run-folder.ts'
import { say } from './terminal.ts'

export interface RunRequest {
  readonly config: RunConfig
  readonly out: string
  readonly live: Live
  readonly signal: AbortSignal
  /** Opens the adapter once, and then returns it. */
  readonly open: () => Promise<{ readonly gpu: Gpu; readonly driver: string }>
  readonly tuning: Tuning
  readonly eager?: boolean
  readonly unchecked?: boolean
  readonly cache?: boolean
  /** Opens the dataset; by default for this run alone. */
  readonly openImages?: OpenImages
  readonly initial?: InitialFile
  /** Problems before the first step, which the run's log records. */
  readonly warnings?: readonly string[]
  readonly resume?: Resume
  /** The log of the interrupted run up to the checkpoint that this run resumes from. */
  readonly recorded?: readonly RecordedEvent[]
  /** Replaces the record of an earlier run, once images, adapter and kernels of this one are ready. */
  readonly overwrite?: boolean
  /** Keeps other writers out of the folder. Its owner releases it. */
  readonly lock?: Pick<Lock, 'confirm'>
  /** Resumes also on other images than the recorded ones, and records that. */
  readonly acceptChangedData?: boolean
  /** Kernels of a run that is replayed or resumed. */
  readonly kernels?: Environment['kernels']
}

/** What opening a run's images, adapter and kernels needs. */
export type ImagesRequest = Omit<RunRequest, 'out' | 'live' | 'lock'>

/** The kernels that a recorded run used; its replay and its continuation use the same. */
export const kernelsOf = (events: readonly RecordedEvent[]): Environment['kernels'] =>
  events.find((event) => event.type === 'start')?.environment.kernels

/** A resumed run keeps its classes in their recorded order, which is that of its weights. */
function configOf({ config, recorded = [] }: ImagesRequest): RunConfig {
  const start = recorded.find((event) => event.type === 'start')
  if (!start) return config
  return { ...config, data: { ...config.data, classes: start.environment.data.classes.map(({ id }) => id) } }
}

/** Requires that the run fits the adapter. */
const fitOf = (request: ImagesRequest): Requirement => {
  const { kernels, open, resume } = request
  return fitting({ config: configOf(request), kernels, open, purpose: 'train', advice: resume && resumeAdvice })
}

/**
 * Opens and prepares the images of a run; by default it must fit the adapter. Rejects with LimitError, UsageError, DeviceError,
 * DataError or AbortError.
 */
export function readRunImages(request: ImagesRequest, requirement = fitOf(request)): Promise<Prepared> {
  const { config, signal, unchecked, cache, openImages } = request
  return readPrepared(config.data.source, configOf(request), signal, { unchecked, cache, openImages, requirement })
}

/** Opens the adapter and prepares the kernels of a run. Rejects with UsageError, DeviceError or AbortError. */
export async function prepareRun(request: ImagesRequest, { set: data, warnings }: Prepared) {
  const { config, signal, tuning, kernels: timed, recorded = [] } = request
  const initial = request.initial && fitInitial(request.initial, config, data.classes)
  for (const note of initial?.weights.notes ?? []) say(note)
  const { gpu, driver } = await request.open()
  const classes = data.classes.length
  const kernels = await preparedKernels({ gpu, config, classes, tuning, recorded: timed, signal }, driver)
  const warning = kernelWarning(timed)
  const facts = { driver, kernels, initial: initial?.record ?? recordedInitial(recorded) }
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

/** The events of a run; a change of its images follows its start. */
async function* withChange(
  events: AsyncIterable<RunEvent>,
  change: ResumedData['change'],
  { step, epoch = 0 }: Pick<Resume, 'step' | 'epoch'> = { step: 0 },
): AsyncGenerator<RunEvent> {
  for await (const event of events) {
    yield event
    if (event.type === 'start' && change) yield { ...change, step, epoch }
  }
}

/** Trains, writes every event to the folder and yields it. Throws before the first event like `readRunImages` and `prepareRun`. */
export async function* trainInto(request: RunRequest): AsyncGenerator<RunEvent> {
  const { config, out, live, signal, resume, recorded = [], eager = false, overwrite = false } = request
  await using images = await readRunImages(request)
  const { change, record } = resumedData(recorded, config, images.set, request.acceptChangedData ?? false)
  const prepared = await prepareRun(request, images)
  const environment = record(prepared.environment)
  request.lock?.confirm()
  const folder = openRunFolder(out, recorded, { overwrite })
  const { save, saveResume } = folder
  const before = recorded.at(-1)?.time ?? 0
  const began = performance.now()
  const now = () => performance.now()
  const options = { config, ...prepared, environment, live, signal, resume, eager, now, save, saveResume }
  try {
    for await (const event of withChange(train(options), change, resume)) {
      folder.record({ ...event, time: Math.round(before + performance.now() - began) })
      yield event
    }
  } finally {
    folder.close()
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
