/** A training run into its folder, as events: what `train` and `plan` have in common. */
import type { RunConfig } from '../config/config.ts'
import type { Gpu } from '../gpu/read.ts'
import type { TensorFile } from '../model/safetensors.ts'
import type { Environment, Tuning } from '../protocol/environment.ts'
import type { RecordedEvent, RunEvent, StepEvent } from '../protocol/run-events.ts'
import { environmentOf } from '../train/environment.ts'
import type { Live } from '../train/live.ts'
import { type Resume, train } from '../train/train.ts'
import { hostName, readPrepared } from './host.ts'
import { preparedKernels } from './kernels.ts'
import type { Progress } from './progress.ts'
import { openRunFolder } from './run-folder.ts'
import { say } from './terminal.ts'

export interface RunRequest {
  readonly config: RunConfig
  readonly out: string
  readonly live: Live
  readonly signal: AbortSignal
  /** Opens the adapter, or lends one that is open. */
  readonly open: () => Promise<{ readonly gpu: Gpu; readonly driver: string }>
  readonly tuning: Tuning
  readonly eager?: boolean
  readonly unchecked?: boolean
  readonly cache?: boolean
  readonly initial?: TensorFile
  readonly resume?: Resume
  /** Events of the earlier run that this one goes on from. */
  readonly kept?: readonly RecordedEvent[]
  /** Kernels of a run that is replayed or resumed. */
  readonly kernels?: Environment['kernels']
}

/** The kernels that a recorded run used: a replay and a resumed run use the same. */
export const kernelsOf = (events: readonly RecordedEvent[]): Environment['kernels'] =>
  events.find((event) => event.type === 'start')?.environment.kernels

/** Images, adapter and kernels of a run. Rejects with UsageError, DataError, DeviceError or AbortError. */
export async function prepareRun(request: Omit<RunRequest, 'out' | 'live'>) {
  const { config, signal, unchecked = false, cache = true, tuning, kernels: recorded } = request
  const { set: data, warnings } = await readPrepared(config.data.source, config, signal, { cache, unchecked })
  const { gpu, driver } = await request.open()
  const classes = data.classes.length
  const kernels = await preparedKernels({ gpu, config, classes, tuning, recorded, signal }, driver)
  return { data, warnings, gpu, environment: environmentOf(hostName, gpu, data, { driver, kernels }) }
}

/** Trains, keeps every event in the folder and passes it on. Throws before the first event like `prepareRun`. */
export async function* trainInto(request: RunRequest): AsyncGenerator<RunEvent> {
  const { config, out, live, signal, initial, resume, kept = [], eager = false } = request
  const prepared = await prepareRun(request)
  const folder = openRunFolder(out, kept)
  const { save, saveMomentum } = folder
  const before = kept.at(-1)?.time ?? 0
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
