/** Prepares a run's kernels: reads stored timings, measures missing ones, and returns what the environment records. */
import type { RunConfig } from '../config/config.ts'
import { type Choices, kernelVersion, usableSchemes, workKey } from '../gpu/kernels/choose.ts'
import { operations } from '../gpu/kernels/conv/geometry.ts'
import { imageChannels } from '../gpu/kernels/images.ts'
import { schemeName } from '../gpu/kernels/schemes.ts'
import { type Tuned, tune } from '../gpu/kernels/tuner.ts'
import type { Work } from '../gpu/kernels/work.ts'
import { type LabBackend, labBackend } from '../gpu/lab-backend.ts'
import type { Gpu } from '../gpu/read.ts'
import { networkGeometries } from '../model/geometries.ts'
import { architectureOf } from '../model/resnet.ts'
import type { AdapterReport, Environment, RejectedVariant, Tuning } from '../protocol/environment.ts'
import { microRanges } from './step.ts'

/** Stores the tuner's results between starts. */
export interface ChoiceStore {
  /** The stored results, unchecked; null without any. */
  readonly read: (key: string) => Promise<unknown>
  readonly write: (key: string, tuned: Tuned) => Promise<void>
}

export interface PrepareOptions {
  readonly gpu: Gpu
  readonly config: RunConfig
  readonly classes: number
  /**
   * `auto`: stored timings, and on a GPU measured ones where they are missing (on a software adapter the guess is
   * nearly as fast, and compiling every variant takes minutes). `again`: measures everything. `untuned`: guesses everything.
   */
  readonly tuning: Tuning
  /** The kernels of a run that is replayed or resumed; nothing else is then used. */
  readonly recorded?: Environment['kernels']
  readonly store: ChoiceStore
  readonly now: () => number
  readonly onProgress: (done: number, total: number, work: string) => void
  readonly signal: AbortSignal
}

/** Timings are valid for one adapter, its driver and one version of the kernels. `checked`: by a tuner that checks outputs. */
export const storeKey = ({ vendor, architecture, device, description, features }: AdapterReport, driver = ''): string =>
  [`checked kernels ${kernelVersion}`, vendor, architecture, device, description, driver, features.join(' ')].join(
    ' | ',
  )

/** The convolutions that a run of a configuration computes in full batches, on images of so many channels. */
export function worksOf(config: RunConfig, classes: number, channels = 3): Work[] {
  const net = architectureOf({ ...config.model, classes })
  const { batchSize, microBatchSize } = config.train
  const sizes = new Set(microRanges(batchSize, microBatchSize).map(({ count }) => count))
  const works = new Map<string, Work>()
  for (const images of sizes) {
    for (const [i, geometry] of networkGeometries(net, config.data.inputSize, images, channels).entries()) {
      for (const operation of operations) {
        // Training needs no gradient by the images.
        if (i === 0 && operation === 'input-gradient') continue
        const key = workKey(operation, geometry)
        works.set(key, { operation, geometry, uses: (works.get(key)?.uses ?? 0) + 1 })
      }
    }
  }
  return [...works.values()]
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isRejected = (value: unknown): value is RejectedVariant =>
  isRecord(value) && [value.work, value.variant, value.reason].every((text) => typeof text === 'string')

/** Stored results without what this version does not know: a variant with another name is measured again. */
function parseTuned(value: unknown, backend: LabBackend): Tuned {
  if (!isRecord(value) || !isRecord(value.choices)) return { choices: {}, rejected: [] }
  const names = new Set(usableSchemes(backend).map(schemeName))
  const isKnown = (name: unknown): name is string => {
    if (typeof name !== 'string') return false
    const [scheme, splits = '1', ...rest] = name.split('/')
    return names.has(scheme) && /^[1-9]\d*$/.test(splits) && rest.length === 0
  }
  const known = Object.entries(value.choices).filter((entry): entry is [string, string] => isKnown(entry[1]))
  const rejected = Array.isArray(value.rejected) ? value.rejected.filter(isRejected) : []
  return { choices: Object.fromEntries(known), rejected }
}

/** A warning for a resumed run whose recorded kernels are of another version, or cannot run on this adapter; null when all can. */
export function kernelWarning(recorded: Environment['kernels']): string | null {
  const backend = labBackend()
  if (!backend || !recorded) return null
  if (recorded.version !== kernelVersion) {
    return `The run’s record has kernels of version ${recorded.version}, and this lab has version ${kernelVersion}. Sums may have another order, so the numbers may differ in their last digits.`
  }
  const missing = Object.keys(recorded.choices).length - Object.keys(parseTuned(recorded, backend).choices).length
  if (missing === 0) return null
  return `${missing} kernel variants of the run’s record do not run on this adapter. Others take their place, so sums have another order and the numbers differ in their last digits.`
}

/** Seconds that measuring may take before a run. A software adapter takes seconds to compile a variant. */
const budgetOf = ({ software }: AdapterReport): number => (software ? 30 : 10)

/** Resolves with the kernels of a run, for its environment record and its executor. Rejects with the device's failure. */
export async function prepareKernels(options: PrepareOptions, driver?: string): Promise<Environment['kernels']> {
  const { choices, rejected = [] } = options.recorded ?? (await tunedFor(options, driver))
  return { version: kernelVersion, choices, ...(rejected.length > 0 ? { rejected } : {}) }
}

const isMissing = (choices: Choices) => (work: Work) => !(workKey(work.operation, work.geometry) in choices)

async function tunedFor(options: PrepareOptions, driver?: string): Promise<Tuned> {
  const { gpu, config, classes, tuning, store, now, onProgress, signal } = options
  const backend = labBackend()
  if (!backend) return { choices: {}, rejected: [] }
  const key = storeKey(gpu.adapter, driver)
  const stored = parseTuned(tuning === 'auto' ? await store.read(key) : null, backend)
  const missing = worksOf(config, classes, imageChannels(backend)).filter(isMissing(stored.choices))
  if (tuning === 'untuned' || missing.length === 0 || (tuning === 'auto' && gpu.adapter.software)) return stored
  const measured = await tune(backend, missing, { gpu, seconds: budgetOf(gpu.adapter), now, onProgress, signal })
  const again = new Set(measured.rejected.map(({ work }) => work))
  const choices = { ...stored.choices, ...measured.choices }
  const rejected = [...stored.rejected.filter(({ work }) => !again.has(work)), ...measured.rejected]
  // A later run measures works again whose candidates were not all tried.
  const finished = Object.entries(choices).filter(([work]) => !measured.unfinished.includes(work))
  await store.write(key, { choices: Object.fromEntries(finished), rejected })
  return { choices, rejected }
}
