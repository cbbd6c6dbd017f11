/** One optimizer step: gradients of cross-entropy and regularizer over micro-batches, then the update. */
import * as tf from '@tensorflow/tfjs'
import type { RunConfig } from '../config/config.ts'
import type { Tensors } from '../gpu/compile/trace.ts'
import type { Graph, Values } from '../gpu/executor.ts'
import { type ClassGroups, classGroupSpecs, classGroups } from '../gpu/kernels/class-selectivity.ts'
import { scores } from '../gpu/kernels/cross-entropy.ts'
import { releasing } from '../gpu/kernels/release.ts'
import { forward } from '../model/forward.ts'
import { type ImageBytes, type ImageSize, imageSpecs, imageValues, toInput } from '../model/input.ts'
import type { Architecture, Weights } from '../model/resnet.ts'
import type { SiteInfo } from '../protocol/environment.ts'
import type { Sgd } from './optimizer.ts'
import { type Penalty, penaltyOf } from './regularizer.ts'
import { storageOf } from './storage.ts'

export interface Trainee extends ImageSize {
  readonly net: Architecture
  readonly sites: readonly SiteInfo[]
  /** Parameters and running statistics. */
  readonly weights: Weights
  readonly parameters: ReadonlyMap<string, tf.Variable>
  readonly sgd: Sgd
}

export interface Batch extends ImageBytes {
  /** [N] */
  readonly labels: Int32Array
  /** The labels for the regularizer: the same, or shuffled. */
  readonly penaltyLabels: Int32Array
}

export interface StepOptions {
  readonly alpha: number
  readonly penalty: Penalty
  readonly learningRate: number
  readonly microBatchSize: number
  /** Whether a compiled step computes cheap intermediates again in the backward pass. No number depends on it. */
  readonly recompute?: boolean
  /** How a compiled step stores activations and their gradients; by default in f32. */
  readonly activations?: RunConfig['train']['activations']
}

/** The properties of a step that determine its graph; everything else is passed as values. */
export interface StepShape extends Pick<StepOptions, 'penalty' | 'microBatchSize' | 'recompute' | 'activations'> {
  /** Number of images in the batch. */
  readonly images: number
  /** Whether α may differ from 0. */
  readonly regularized: boolean
}

export const stepShape = (
  { labels }: Batch,
  { alpha, penalty, microBatchSize, recompute, activations }: StepOptions,
): StepShape => ({
  images: labels.length,
  regularized: alpha !== 0,
  penalty,
  microBatchSize,
  recompute,
  activations,
})

/** The inputs of a step besides the weights. */
const stepSpecs = (trainee: Trainee, { images }: StepShape) => ({
  ...imageSpecs(images, trainee),
  ...classGroupSpecs(images),
  labels: { shape: [images], dtype: 'int32' } as const,
  alpha: { shape: [], dtype: 'float32' } as const,
  rates: { shape: [3], dtype: 'float32' } as const,
})

/** The values of `stepSpecs` for a batch. */
export const stepValues = ({ inputSize, sgd }: Trainee, batch: Batch, options: StepOptions): Values => ({
  ...imageValues(batch, batch.labels.length, inputSize),
  ...classGroups(batch.penaltyLabels, options.penalty.statistic),
  labels: batch.labels,
  alpha: Float32Array.of(options.alpha),
  rates: sgd.rates(options.learningRate),
})

/** The entries of a step's result tensor, in order. */
export const resultKeys = ['crossEntropy', 'penalty', 'top1', 'top5'] as const

type Gradients = Map<string, tf.Tensor>
type Pooled = ReadonlyMap<string, tf.Tensor2D>

interface MicroBatch {
  readonly from: number
  readonly count: number
  readonly x: tf.Tensor4D
  readonly labels: tf.Tensor1D
}

/**
 * Splits a batch evenly into micro-batches of at most `size` images. With size 2 and an odd count, one micro-batch has three
 * images, since batch norm cannot use a single one.
 */
export function microRanges(count: number, size: number): { from: number; count: number }[] {
  const parts = Math.max(1, Math.min(Math.ceil(count / size), Math.floor(count / 2)))
  return Array.from({ length: parts }, (_, i) => {
    const from = Math.floor((i * count) / parts)
    return { from, count: Math.floor(((i + 1) * count) / parts) - from }
  })
}

const microBatches = ({ inputSize }: Trainee, inputs: Tensors, { images, microBatchSize }: StepShape): MicroBatch[] =>
  microRanges(images, microBatchSize).map(({ from, count }) => ({
    from,
    count,
    x: toInput(inputs, { first: from, count, size: inputSize }),
    labels: tf.slice(inputs.labels as tf.Tensor1D, [from], [count]),
  }))

const groupsOf = ({ order, group, share, groups }: Tensors): ClassGroups => ({ order, group, share, groups })

interface MicroResult {
  readonly gradients: Gradients
  /** Scalars: sum of cross-entropies, counts of top-1 and top-5. */
  readonly crossEntropy: tf.Tensor
  readonly top1: tf.Tensor
  readonly top5: tf.Tensor
  readonly pooled: Pooled
}

/** The gradients of `objective` by all parameters, with loss, top-k counts and pooled activations, which the caller disposes. */
function differentiate(
  { net, weights, parameters }: Trainee,
  { x, labels }: MicroBatch,
  objective: (crossEntropySum: tf.Scalar, pooled: Pooled) => tf.Scalar,
): MicroResult {
  let measured: Omit<MicroResult, 'gradients'> | null = null
  const loss = () => {
    const { logits, pooled } = forward(net, weights, x, { mode: 'training', updateStatistics: true })
    const { crossEntropy, top1, top5 } = scores(logits, labels)
    for (const tensor of pooled.values()) tf.keep(tensor)
    measured = { crossEntropy: tf.keep(crossEntropy.clone()), top1: tf.keep(top1), top5: tf.keep(top5), pooled }
    return objective(crossEntropy, pooled)
  }
  const { value, grads } = releasing(() => tf.variableGrads(loss, [...parameters.values()]))
  value.dispose()
  const gradients = new Map([...parameters].map(([name, variable]) => [name, grads[variable.name]]))
  return { gradients, ...(measured as unknown as Omit<MicroResult, 'gradients'>) }
}

const disposeMeasured = ({ crossEntropy, top1, top5, pooled }: MicroResult) =>
  tf.dispose([crossEntropy, top1, top5, ...pooled.values()])

/** The pooled activations of a micro-batch at the chosen sites; does not update the running statistics. */
const pooledAt = ({ net, weights }: Trainee, { x }: MicroBatch, chosen: readonly string[]): tf.Tensor2D[] =>
  tf.tidy(() => {
    const { pooled } = forward(net, weights, x, { mode: 'training' })
    return chosen.map((site) => pooled.get(site) as tf.Tensor2D)
  })

/**
 * The gradient of −α·R by the pooled activations [N, units] of the whole batch at the chosen sites. R depends on all images
 * at once, so the micro-batches run forward first, and each then backpropagates its rows of this gradient. The sum is the
 * exact gradient of the batch's R, with batch norm over micro-batches.
 */
function penaltyGradients(
  trainee: Trainee,
  parts: readonly MicroBatch[],
  chosen: readonly string[],
  inputs: Tensors,
  { penalty }: StepShape,
): tf.Tensor2D[] {
  if (chosen.length === 0) return []
  return tf.tidy(() => {
    const perPart = parts.map((part) => pooledAt(trainee, part, chosen))
    const pooled = chosen.map((_, i) => tf.concat(perPart.map((tensors) => tensors[i])))
    const weighted = (...tensors: tf.Tensor[]) => {
      const named = new Map(chosen.map((site, i) => [site, tensors[i] as tf.Tensor2D]))
      const r = penaltyOf(penalty.modules, trainee.sites, named, groupsOf(inputs)) as tf.Scalar
      return tf.mul(r, tf.neg(inputs.alpha as tf.Scalar))
    }
    return tf.grads(weighted)(pooled) as tf.Tensor2D[]
  })
}

/** Adds gradients to the sums; disposes the old sums and the gradients. */
function accumulate(sums: Gradients, gradients: Gradients): void {
  for (const [name, gradient] of gradients) {
    const sum = sums.get(name)
    sums.set(name, sum ? tf.add(sum, gradient) : gradient)
    if (sum) tf.dispose([sum, gradient])
  }
}

const concatenated = (sites: readonly SiteInfo[], parts: readonly Pooled[]): Pooled =>
  new Map(sites.map(({ name }) => [name, tf.concat(parts.map((part) => part.get(name) as tf.Tensor2D))]))

/** Adds two at a time: tf.addN binds all at once, and a program may have as few as eight storage buffers. */
const total = (results: readonly MicroResult[], key: 'crossEntropy' | 'top1' | 'top5') =>
  results.map((result) => result[key]).reduce((sum, value) => tf.add(sum, value))

export interface StepGradients {
  /** Gradient of the whole loss by each parameter, without weight decay. */
  readonly gradients: ReadonlyMap<string, tf.Tensor>
  /** The values of `resultKeys`; top-1 and top-5 are shares of the batch. */
  readonly result: tf.Tensor1D
}

/** The gradients of crossEntropy − α · R over a batch; updates the running statistics. Call it inside tf.tidy. */
export function stepGradients(trainee: Trainee, inputs: Tensors, shape: StepShape): StepGradients {
  const { sites } = trainee
  const { images, penalty, regularized } = shape
  const parts = microBatches(trainee, inputs, shape)
  const groups = groupsOf(inputs)
  const chosen = sites.filter(({ module }) => penalty.modules.includes(module)).map(({ name }) => name)
  const rows = parts.length > 1 && regularized ? penaltyGradients(trainee, parts, chosen, inputs, shape) : []

  const objective = (part: MicroBatch, loss: tf.Scalar, pooled: Pooled): tf.Scalar => {
    if (!regularized) return loss
    if (parts.length === 1) {
      const r = penaltyOf(penalty.modules, sites, pooled, groups)
      return r ? tf.sub(loss, tf.mul(r, inputs.alpha as tf.Scalar)) : loss
    }
    const products = rows.map((gradient, i) => {
      const own = tf.slice(gradient, [part.from, 0], [part.count, -1])
      return tf.sum(tf.mul(pooled.get(chosen[i]) as tf.Tensor2D, own)) as tf.Scalar
    })
    return products.reduce((sum, product) => tf.add(sum, product), loss)
  }

  const sums: Gradients = new Map()
  const results = parts.map((part) => {
    const result = differentiate(trainee, part, (sum, pooled) => objective(part, tf.div(sum, images), pooled))
    accumulate(sums, result.gradients)
    return result
  })
  const pooled = concatenated(
    sites,
    results.map((result) => result.pooled),
  )
  const r = penaltyOf(penalty.modules, sites, pooled, groups) ?? tf.scalar(0)
  const share = (key: 'crossEntropy' | 'top1' | 'top5') => tf.div(total(results, key), images)
  const result = tf.stack([share('crossEntropy'), r, share('top1'), share('top5')]) as tf.Tensor1D
  for (const measured of results) disposeMeasured(measured)
  return { gradients: sums, result }
}

/** The graph of a training step: updates weights, momentum and running statistics in place and returns the results. */
export const stepGraph = (trainee: Trainee, shape: StepShape): Graph => ({
  name: 'training',
  key: JSON.stringify(shape),
  inputs: stepSpecs(trainee, shape),
  state: [...trainee.weights.values(), ...trainee.sgd.velocity.values()] as tf.Variable[],
  recompute: shape.recompute,
  ...(shape.activations === 'f16' ? { half: storageOf(shape) } : {}),
  step: (inputs) => {
    const { gradients, result } = stepGradients(trainee, inputs, shape)
    trainee.sgd.update(gradients, inputs.rates)
    return { result }
  },
})
