/** Gets a run's kernels ready: stored timings are taken over, missing ones measured, and the choice is recorded. */
import type { RunConfig } from '../config/config.ts'
import { type Choices, kernelVersion, workKey } from '../gpu/kernels/choose.ts'
import { operations } from '../gpu/kernels/conv/geometry.ts'
import { tune, type Work } from '../gpu/kernels/tuner.ts'
import { labBackend } from '../gpu/lab-backend.ts'
import type { Gpu } from '../gpu/read.ts'
import { networkGeometries } from '../model/geometries.ts'
import { architectureOf } from '../model/resnet.ts'
import type { AdapterReport, Environment, Tuning } from '../protocol/environment.ts'
import { microRanges } from './step.ts'

/** Where timings are kept between starts. */
export interface ChoiceStore {
  readonly read: (key: string) => Promise<Choices | null>
  readonly write: (key: string, choices: Choices) => Promise<void>
}

export interface PrepareOptions {
  readonly gpu: Gpu
  readonly config: RunConfig
  readonly classes: number
  /**
   * `auto`: stored timings, and on a GPU measured ones where they are missing (on a software adapter the guess does
   * nearly as well, and compiling every variant takes minutes). `again`: all measured now. `untuned`: the guess alone.
   */
  readonly tuning: Tuning
  /** The choices of a run that is replayed or resumed: they alone hold. */
  readonly recorded?: Environment['kernels']
  readonly store: ChoiceStore
  readonly now: () => number
  readonly onProgress: (done: number, total: number, work: string) => void
  readonly signal: AbortSignal
}

/** Timings hold for one adapter with its driver and one version of the kernels. */
export const storeKey = ({ vendor, architecture, device, description, features }: AdapterReport, driver = ''): string =>
  [`kernels ${kernelVersion}`, vendor, architecture, device, description, driver, features.join(' ')].join(' | ')

/** What a run of a configuration computes in full batches. */
export function worksOf(config: RunConfig, classes: number): Work[] {
  const net = architectureOf({ ...config.model, classes })
  const { batchSize, microBatchSize } = config.train
  const sizes = new Set(microRanges(batchSize, microBatchSize).map(({ count }) => count))
  const works = new Map<string, Work>()
  for (const images of sizes) {
    for (const [i, geometry] of networkGeometries(net, config.data.inputSize, images).entries()) {
      for (const operation of operations) {
        // Nobody asks for the gradient by the images.
        if (i > 0 || operation !== 'input-gradient') works.set(workKey(operation, geometry), { operation, geometry })
      }
    }
  }
  return [...works.values()]
}

/** Seconds of a first start that measuring may take. */
const budget = 30

/** Resolves with the kernel choices of a run, for its environment record and its executor. */
export async function prepareKernels(options: PrepareOptions, driver?: string): Promise<Environment['kernels']> {
  const choices = await choicesFor(options, driver)
  return { version: kernelVersion, choices }
}

async function choicesFor(options: PrepareOptions, driver?: string): Promise<Choices> {
  const { gpu, config, classes, tuning, store, now, onProgress, signal } = options
  const backend = labBackend()
  if (!backend) return {}
  if (options.recorded) return options.recorded.choices
  const key = storeKey(gpu.adapter, driver)
  const stored = tuning === 'auto' ? ((await store.read(key)) ?? {}) : {}
  const missing = worksOf(config, classes).filter((work) => !(workKey(work.operation, work.geometry) in stored))
  if (tuning === 'untuned' || missing.length === 0 || (tuning === 'auto' && gpu.adapter.software)) return stored
  const measured = await tune(backend, missing, { seconds: budget, now, onProgress, signal })
  const all = { ...stored, ...measured }
  await store.write(key, all)
  return all
}
