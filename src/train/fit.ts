/**
 * Whether a run fits an adapter: its graphs are planned without memory and compared with the device's limits and with the memory
 * budget, before images are decoded and before anything runs.
 */
import type { RunConfig } from '../config/config.ts'
import { sideOf } from '../config/side.ts'
import type { ImageSet } from '../data/source.ts'
import { type Footprint, footprintOf, type MakeVariable, type VirtualGraph } from '../gpu/compile/footprint.ts'
import { bytesOf } from '../gpu/compile/inputs.ts'
import { createChoices, withChoices } from '../gpu/kernels/choose.ts'
import { type LabBackend, labBackend } from '../gpu/lab-backend.ts'
import { dependsOnSize, type Excess, excessOf, generalAdvice, LimitError } from '../gpu/limits.ts'
import type { Gpu } from '../gpu/read.ts'
import { type GraphNetwork, probeGraph } from '../measure/evaluate.ts'
import { imageSpecs } from '../model/input.ts'
import { type Architecture, architectureOf, sitesOf } from '../model/resnet.ts'
import { weightSpecs } from '../model/weight-specs.ts'
import { ourShape } from '../model/weights.ts'
import type { Environment } from '../protocol/environment.ts'
import { createSgd } from './optimizer.ts'
import { microRanges, type StepShape, stepGraph, type Trainee } from './step.ts'
import { requireStorage } from './storage.ts'

export interface FitOptions {
  readonly gpu: Gpu
  readonly config: RunConfig
  readonly classes: number
  /** Numbers of images in the splits, or upper bounds. */
  readonly images: { readonly train: number; readonly validation: number }
  /** The kernel variants that the run will use; by default guessed. */
  readonly kernels?: Environment['kernels']
}

/** Numbers of images of a dataset. */
export const imagesIn = ({ train, validation }: Pick<ImageSet, 'train' | 'validation'>): FitOptions['images'] => ({
  train: train.labels.length,
  validation: validation.labels.length,
})

/** A part of a run that a device cannot hold. */
export interface Misfit {
  /** `A training step in micro-batches of 512 images` */
  readonly what: string
  readonly excess: Excess
  /** The largest smaller micro-batch that fits; null where none does. */
  readonly microBatchSize: number | null
  /** Whether this micro-batch fits with `train.recompute`. */
  readonly recompute: boolean
  /** The largest batch whose images fit, where those of the whole batch do not; else null. */
  readonly batchSize: number | null
}

/** The footprint of a part of a run. */
interface Part extends Footprint {
  readonly what: string
}

interface Planner extends FitOptions {
  readonly backend: LabBackend
  readonly net: Architecture
  /** Footprints that are known: several micro-batch sizes divide a batch into the same parts. */
  readonly known: Map<string, Footprint>
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)

/** The network's variables without memory. */
function virtualNetwork({ net, config }: Planner, variable: MakeVariable): GraphNetwork {
  const weights = new Map(
    weightSpecs(net).map((spec) => [spec.name, variable(ourShape(spec), spec.trainable)] as const),
  )
  return { net, weights, inputSize: config.data.inputSize, keptSide: sideOf(config.data) }
}

function virtualTrainee(planner: Planner, variable: MakeVariable): Trainee {
  const network = virtualNetwork(planner, variable)
  const parameters = new Map([...network.weights].filter(([, { trainable }]) => trainable))
  const velocity = new Map([...parameters].map(([name, { shape }]) => [name, variable(shape, false)] as const))
  const sgd = createSgd(parameters, planner.config.optimizer, velocity)
  return { ...network, sites: sitesOf(planner.net), parameters, sgd }
}

/** The footprint of a graph; `key` names everything in it that differs within a planner. */
function planned(planner: Planner, key: string, make: (variable: MakeVariable) => VirtualGraph): Footprint {
  const { backend, gpu, kernels, known } = planner
  const choices = createChoices(gpu.adapter, kernels?.choices)
  const footprint = known.get(key) ?? withChoices(backend, choices, () => footprintOf(backend, make))
  known.set(key, footprint)
  return footprint
}

/** Micro-batches that are planned: more of them repeat the last. */
const plannedParts = 3

/**
 * A training step of `images` images. A step in many micro-batches is planned with three: the others need the same
 * memory, besides the pooled activations of each. The images of the whole batch are one input: see `batchExcess`.
 */
function trainingPart(planner: Planner, images: number, size: number): Part {
  const { config, net } = planner
  const ranges = microRanges(images, size)
  const largest = Math.max(...ranges.map(({ count }) => count))
  const few = ranges.length > plannedParts ? plannedParts * largest : images
  const regularized = config.regularizer.schedule.length > 0
  const { recompute, activations } = config.train
  const shape: StepShape = {
    penalty: config.regularizer,
    images: few,
    regularized,
    recompute,
    activations,
    microBatchSize: Math.max(2, size),
  }
  const own = few < images ? { ...shape, microBatchSize: largest } : shape
  const key = `${images} images in ${ranges.length} parts`
  const footprint = planned(planner, key, (variable) => stepGraph(virtualTrainee(planner, variable), own))
  const network = { inputSize: config.data.inputSize, keptSide: sideOf(config.data) }
  const inputs = imageSpecs(images, network)
  const units = sum(sitesOf(net).map((site) => site.units))
  const pooled = (images - few) * 4 * units * (regularized ? 3 : 2)
  return {
    ...footprint,
    what: `A training step in micro-batches of ${largest} images`,
    ownBytes: footprint.ownBytes + bytesOf(inputs) - bytesOf(imageSpecs(few, network)) + pooled,
  }
}

/** Bytes of a batch's pixels may be counted with 31 bits in the program that views them. */
const mostPixelBytes = 2 ** 31 - 1

/** Why the images of one whole batch cannot be on the GPU; null when they can. Does not depend on the micro-batch. */
function batchExcess({ backend, config, images: { train } }: Planner, purpose: FitPurpose): Misfit | null {
  const batch = purpose === 'train' ? Math.min(config.train.batchSize, train) : 0
  if (batch < 2) return null
  const specs = imageSpecs(batch, { inputSize: config.data.inputSize, keptSide: sideOf(config.data) })
  const bytes = Math.max(...Object.entries(specs).map(([name, spec]) => bytesOf({ [name]: spec })))
  const { maxBufferSize, maxStorageBufferBindingSize } = backend.real.limits
  const allowed = Math.min(maxBufferSize, maxStorageBufferBindingSize, mostPixelBytes)
  if (bytes <= allowed) return null
  const excess = { limit: 'maxStorageBufferBindingSize', needed: bytes, allowed } as const
  const batchSize = Math.max(2, Math.floor((batch * allowed) / bytes))
  return { what: `A batch of ${batch} images`, excess, microBatchSize: null, recompute: false, batchSize }
}

function evaluationPart(planner: Planner, images: number): Part {
  const make = (variable: MakeVariable) => probeGraph(virtualNetwork(planner, variable), images)
  const footprint = planned(planner, `evaluation of ${images}`, make)
  return { ...footprint, what: `An evaluation in batches of ${images} images` }
}

/**
 * Bytes of all buffers of a run. Its graphs share the arenas. A checkpoint copies the weights and reads them back, half as much
 * again as weights and momentum.
 */
function totalBytes(parts: readonly Part[]): number {
  const count = Math.max(...parts.map(({ arenas }) => arenas.length))
  const arenas = Array.from({ length: count }, (_, i) => Math.max(...parts.map((part) => part.arenas[i] ?? 0)))
  const variables = Math.max(...parts.map(({ variableBytes }) => variableBytes))
  return sum(arenas) + sum(parts.map(({ ownBytes }) => ownBytes)) + 1.5 * variables
}

const mebibyte = 2 ** 20

/** The memory budget in bytes: the smaller of the configuration's and the device's. */
function budgetOf({ gpu, config }: FitOptions): number {
  const { memoryBudget } = config.train
  const configured = memoryBudget === null ? Number.POSITIVE_INFINITY : memoryBudget * mebibyte
  return Math.min(configured, gpu.memoryBudget ?? Number.POSITIVE_INFINITY)
}

type Found = Pick<Misfit, 'what' | 'excess'>

/** Whether a run trains and evaluates, or only measures its checkpoints. */
export type FitPurpose = 'train' | 'measure'

function partsAt(planner: Planner, purpose: FitPurpose, size: number): Part[] {
  const { config, images } = planner
  const held = Math.min(size, images.validation)
  const batch = Math.min(config.train.batchSize, images.train)
  return [
    ...(purpose === 'train' && batch > 1 ? [trainingPart(planner, batch, size)] : []),
    ...(held > 0 ? [evaluationPart(planner, held)] : []),
  ]
}

/** The first excess of a run with micro-batches of `size`; null when it fits. */
function foundAt(planner: Planner, purpose: FitPurpose, size: number): Found | null {
  const { limits } = planner.backend.real
  const parts = partsAt(planner, purpose, size)
  for (const { what, demand } of parts) {
    const excess = excessOf(demand, limits)
    if (excess) return { what, excess }
  }
  const [needed, allowed] = [totalBytes(parts), budgetOf(planner)]
  if (needed <= allowed) return null
  const verb = purpose === 'train' ? 'Training' : 'Measuring'
  return { what: `${verb} in micro-batches of ${size} images`, excess: { limit: 'memory', needed, allowed } }
}

/**
 * The largest micro-batch below `size` that fits, or null. `first`: the excess at `size`. Needs grow with the micro-batch along a
 * line, nearly, so the next guess is where the line through two sizes meets what is allowed. Needs of another limit begin again
 * with the line through zero.
 */
export function largestFitting(size: number, first: Excess, excessAt: (size: number) => Excess | null): number | null {
  let [low, high, excess] = [1, size, first]
  let guess = (size * first.allowed) / first.needed
  while (high - low > 1) {
    const next = Math.min(Math.max(Math.floor(guess), low + 1), high - 1)
    const found = excessAt(next)
    if (!found) {
      // A guess that fits is usually the largest: the one after it decides. Then the interval is halved.
      guess = low === 1 ? next + 1 : (next + high) / 2
      low = next
      continue
    }
    const slope = found.limit === excess.limit ? (excess.needed - found.needed) / (high - next) : found.needed / next
    guess = low > 1 ? (low + next) / 2 : next - (found.needed - found.allowed) / Math.max(slope, Number.EPSILON)
    ;[high, excess] = [next, found]
  }
  return low > 1 ? low : null
}

/** Null on tfjs's other backends, which have no limits. */
function plannerOf(options: FitOptions): Planner | null {
  const backend = labBackend()
  if (!backend) return null
  const { config, classes } = options
  // Makes the table of normalized values, which must outlive the traces.
  imageSpecs(1, { inputSize: config.data.inputSize, keptSide: sideOf(config.data) })
  return { ...options, backend, net: architectureOf({ ...config.model, classes }), known: new Map() }
}

const wholeMicroBatch = ({ config, images }: Planner) =>
  Math.min(config.train.microBatchSize, Math.max(images.train, images.validation))

/** Whether a run fits the device's limits and the memory budget. */
export function fits(options: FitOptions, purpose: FitPurpose = 'train'): boolean {
  if (purpose === 'train') requireStorage(options)
  const planner = plannerOf(options)
  return !planner || (!batchExcess(planner, purpose) && !foundAt(planner, purpose, wholeMicroBatch(planner)))
}

/**
 * What of a run exceeds the device's limits or the memory budget, with the size that fits; null when everything fits. Runs
 * nothing and takes no memory on the GPU.
 */
export function misfitOf(options: FitOptions, purpose: FitPurpose = 'train'): Misfit | null {
  if (purpose === 'train') requireStorage(options)
  const planner = plannerOf(options)
  if (!planner) return null
  const batch = batchExcess(planner, purpose)
  if (batch) return batch
  const size = wholeMicroBatch(planner)
  const found = foundAt(planner, purpose, size)
  if (!found) return null
  if (!dependsOnSize(found.excess)) return { ...found, microBatchSize: null, recompute: false, batchSize: null }
  const fitting = largestFitting(size, found.excess, (next) => foundAt(planner, purpose, next)?.excess ?? null)
  const microBatchSize = fitting && inUse(planner, purpose, fitting)
  return { ...found, microBatchSize, recompute: fitsRecomputed(planner, purpose, found, size), batchSize: null }
}

/** Whether recomputation alone makes room. It lowers the total of a training step, not its largest tensors. */
function fitsRecomputed(planner: Planner, purpose: FitPurpose, { excess }: Found, size: number): boolean {
  const { config } = planner
  if (purpose !== 'train' || excess.limit !== 'memory' || config.train.recompute) return false
  const changed = { ...config, train: { ...config.train, recompute: true } }
  return foundAt({ ...planner, config: changed, known: new Map() }, purpose, size) === null
}

/** The images that micro-batches of at most `size` really hold: a batch of 512 in micro-batches of at most 170 has four of 128. */
function inUse({ config, images }: Planner, purpose: FitPurpose, size: number): number {
  const batch = purpose === 'train' ? Math.min(config.train.batchSize, images.train) : 0
  const counts = batch > 1 ? microRanges(batch, size).map(({ count }) => count) : []
  return Math.max(2, ...counts, Math.min(size, images.validation))
}

/** What to do about a misfit. `whenSmaller`: the advice for a micro-batch that fits. */
const adviceFor = (misfit: Misfit, whenSmaller: (size: number) => string): string => {
  const { excess, microBatchSize, recompute, batchSize } = misfit
  const smaller = microBatchSize === null ? [] : [whenSmaller(microBatchSize)]
  const ways = [...(recompute ? ['set train.recompute to true, which changes no number'] : []), ...smaller]
  if (ways.length > 0) return ways.join(', or ')
  if (batchSize !== null) return `set train.batchSize to ${batchSize} or less`
  if (!dependsOnSize(excess)) return generalAdvice(excess)
  return 'no micro-batch is small enough; use a smaller data.inputSize or model.width, or another adapter'
}

const setMicroBatch = (size: number) => `set train.microBatchSize to ${size} or less`

/** Advice for a run that was begun elsewhere. */
export const resumeAdvice = (size: number): string =>
  `resume the run on an adapter with higher limits, or train into a new folder with train.microBatchSize=${size} or less (another micro-batch changes the numbers, so the resumed run keeps its own)`

/** Throws LimitError with advice when a run does not fit. Runs nothing and takes no memory on the GPU. */
export function requireFit(options: FitOptions, purpose: FitPurpose = 'train', whenSmaller = setMicroBatch): void {
  const misfit = misfitOf(options, purpose)
  if (!misfit) return
  const { what, excess, microBatchSize, recompute } = misfit
  throw new LimitError(what, excess, adviceFor(misfit, whenSmaller), microBatchSize, recompute)
}
