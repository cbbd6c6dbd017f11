/** Trains a run into its folder and yields its events, for `train` and `plan`. */
import type { RunConfig } from '../config/config.ts'
import type { Prepared } from '../data/feed/prepare.ts'
import type { Gpu } from '../gpu/read.ts'
import type { TensorFile } from '../model/safetensors.ts'
import type { Environment, Tuning } from '../protocol/environment.ts'
import type { RecordedEvent, RunEvent, StepEvent } from '../protocol/run-events.ts'
import { environmentOf } from '../train/environment.ts'
import { resumeAdvice } from '../train/fit.ts'
import { kernelWarning } from '../train/kernels.ts'
import type { Live } from '../train/live.ts'
import type { Resume } from '../train/options.ts'
import { train } from '../train/train.ts'
import { UsageError } from './arguments.ts'
import { fitting } from './fit.ts'
import { hostName, type OpenImages, readPrepared } from './host.ts'
import { preparedKernels } from './kernels.ts'
import type { Progress } from './progress.ts'
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
  readonly initial?: TensorFile
  readonly resume?: Resume
  /** The log of the interrupted run up to the checkpoint that this run resumes from. */
  readonly recorded?: readonly RecordedEvent[]
  /** Replaces the record of an earlier run, once images, adapter and kernels of this one are ready. */
  readonly overwrite?: boolean
  /** Kernels of a run that is replayed or resumed. */
  readonly kernels?: Environment['kernels']
}

/** The kernels that a recorded run used; its replay and its continuation use the same. */
export const kernelsOf = (events: readonly RecordedEvent[]): Environment['kernels'] =>
  events.find((event) => event.type === 'start')?.environment.kernels

/**
 * Opens and prepares the images of a run that fits the adapter. Rejects with LimitError, UsageError, DeviceError, DataError or
 * AbortError.
 */
export function readRunImages(request: Omit<RunRequest, 'out' | 'live'>): Promise<Prepared> {
  const { config, signal, unchecked, cache, openImages, kernels, open, resume } = request
  const requirement = fitting({ config, kernels, open, purpose: 'train', advice: resume && resumeAdvice })
  return readPrepared(config.data.source, config, signal, { unchecked, cache, openImages, requirement })
}

/** Refuses to resume a run on other images, where its steps would be other ones. Throws UsageError. */
function requireSameImages(recorded: readonly RecordedEvent[], { set }: Prepared): void {
  const start = recorded.find((event) => event.type === 'start')
  const { fingerprint, source } = set.report
  if (!start || start.environment.data.fingerprint === fingerprint) return
  throw new UsageError(
    `the files of ${source} have changed since the run began; restore them, or train into a new folder`,
  )
}

/** Opens the adapter and prepares the kernels of a run. Rejects with UsageError, DeviceError or AbortError. */
export async function prepareRun(request: Omit<RunRequest, 'out' | 'live'>, { set: data, warnings }: Prepared) {
  const { config, signal, tuning, kernels: recorded } = request
  const { gpu, driver } = await request.open()
  const classes = data.classes.length
  const kernels = await preparedKernels({ gpu, config, classes, tuning, recorded, signal }, driver)
  const warning = kernelWarning(recorded)
  return {
    data,
    warnings: warning ? [...warnings, warning] : warnings,
    gpu,
    environment: environmentOf(hostName, gpu, data, { driver, kernels }),
  }
}

/** Trains, writes every event to the folder and yields it. Throws before the first event like `readRunImages` and `prepareRun`. */
export async function* trainInto(request: RunRequest): AsyncGenerator<RunEvent> {
  const { config, out, live, signal, initial, resume, recorded = [], eager = false, overwrite = false } = request
  await using images = await readRunImages(request)
  requireSameImages(recorded, images)
  const prepared = await prepareRun(request, images)
  const folder = openRunFolder(out, recorded, { overwrite })
  const { save, saveMomentum } = folder
  const before = recorded.at(-1)?.time ?? 0
  const began = performance.now()
  const now = () => performance.now()
  const options = { config, ...prepared, live, signal, initial, resume, eager, now, save, saveMomentum }
  try {
    for await (const event of train(options)) {
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
