/** One optimizer step: gradients of cross-entropy and regularizer over micro-batches, then the update. */
import * as tf from '@tensorflow/tfjs'
import type { SiteInfo } from '../events.ts'
import { scores } from '../gpu/kernels/cross-entropy.ts'
import { releasing } from '../gpu/kernels/release.ts'
import { toInput } from '../model/input.ts'
import { type Architecture, forward, type Weights } from '../model/resnet.ts'
import type { Sgd } from './optimizer.ts'
import { type Penalty, penaltyOf } from './regularizer.ts'

export interface Trainee {
  readonly net: Architecture
  readonly sites: readonly SiteInfo[]
  /** Parameters and running statistics. */
  readonly weights: Weights
  readonly parameters: ReadonlyMap<string, tf.Variable>
  readonly sgd: Sgd
  readonly inputSize: number
}

export interface Batch {
  /** [N · size · size · 3] uint8 */
  readonly images: Uint8Array
  /** [N] */
  readonly labels: Int32Array
  /** The labels that the regularizer sees: the same, or shuffled ones. */
  readonly penaltyLabels: Int32Array
}

export interface StepOptions {
  readonly alpha: number
  readonly penalty: Penalty
  readonly learningRate: number
  readonly microBatchSize: number
}

/** Positions of a step's results in its tensor. */
export const resultKeys = ['crossEntropy', 'penalty', 'top1', 'top5'] as const

type Gradients = Map<string, tf.Tensor>
type Pooled = ReadonlyMap<string, tf.Tensor2D>

interface MicroBatch {
  readonly from: number
  readonly count: number
  readonly x: tf.Tensor4D
  readonly labels: tf.Tensor1D
}

/** Splits a batch evenly, so that no micro-batch is left with a single image. */
export function microRanges(count: number, size: number): { from: number; count: number }[] {
  const parts = Math.ceil(count / size)
  return Array.from({ length: parts }, (_, i) => {
    const from = Math.floor((i * count) / parts)
    return { from, count: Math.floor(((i + 1) * count) / parts) - from }
  })
}

function microBatches({ images, labels }: Batch, microBatchSize: number, inputSize: number): MicroBatch[] {
  const pixels = inputSize * inputSize * 3
  return microRanges(labels.length, microBatchSize).map(({ from, count }) => ({
    from,
    count,
    x: toInput(images.subarray(from * pixels, (from + count) * pixels), count, inputSize),
    labels: tf.tensor1d(labels.subarray(from, from + count), 'int32'),
  }))
}

interface MicroResult {
  readonly gradients: Gradients
  /** Scalars: sum of cross-entropies, counts of top-1 and top-5. */
  readonly crossEntropy: tf.Tensor
  readonly top1: tf.Tensor
  readonly top5: tf.Tensor
  readonly pooled: Pooled
}

/** Gradients of `objective` by all parameters; what is measured on the way comes along, and is the caller's. */
function differentiate(
  { net, weights, parameters }: Trainee,
  { x, labels }: MicroBatch,
  objective: (crossEntropySum: tf.Scalar, pooled: Pooled) => tf.Scalar,
): MicroResult {
  let aside: Omit<MicroResult, 'gradients'> | null = null
  const loss = () => {
    const { logits, pooled } = forward(net, weights, x, { mode: 'training', updateStatistics: true })
    const { crossEntropy, top1, top5 } = scores(logits, labels)
    for (const tensor of pooled.values()) tf.keep(tensor)
    aside = { crossEntropy: tf.keep(crossEntropy.clone()), top1: tf.keep(top1), top5: tf.keep(top5), pooled }
    return objective(crossEntropy, pooled)
  }
  const { value, grads } = releasing(() => tf.variableGrads(loss, [...parameters.values()]))
  value.dispose()
  const gradients = new Map([...parameters].map(([name, variable]) => [name, grads[variable.name]]))
  return { gradients, ...(aside as unknown as Omit<MicroResult, 'gradients'>) }
}

const disposeMeasured = ({ crossEntropy, top1, top5, pooled }: MicroResult) =>
  tf.dispose([crossEntropy, top1, top5, ...pooled.values()])

/** Pooled activations of one micro-batch at the chosen sites; leaves the running statistics alone. */
const pooledAt = ({ net, weights }: Trainee, { x }: MicroBatch, chosen: readonly string[]): tf.Tensor2D[] =>
  tf.tidy(() => {
    const { pooled } = forward(net, weights, x, { mode: 'training' })
    return chosen.map((site) => pooled.get(site) as tf.Tensor2D)
  })

/**
 * The gradient of −α·R by the pooled activations [N, units] of the whole batch at the chosen sites; null where R
 * has none. R depends on all images at once, so the micro-batches run forward first; each then backpropagates
 * its rows of this gradient. The sum is the exact gradient of the batch's R (batch norm sees micro-batches).
 */
function penaltyGradients(
  trainee: Trainee,
  parts: readonly MicroBatch[],
  chosen: readonly string[],
  { penaltyLabels }: Batch,
  { penalty, alpha }: StepOptions,
): tf.Tensor2D[] | null {
  if (chosen.length === 0 || new Set(penaltyLabels).size < 2) return null
  return tf.tidy(() => {
    const perPart = parts.map((part) => pooledAt(trainee, part, chosen))
    const pooled = chosen.map((_, i) => tf.concat(perPart.map((tensors) => tensors[i])))
    const weighted = (...tensors: tf.Tensor[]) => {
      const named = new Map(chosen.map((site, i) => [site, tensors[i] as tf.Tensor2D]))
      return tf.mul(penaltyOf(penalty, trainee.sites, named, penaltyLabels) as tf.Scalar, -alpha)
    }
    return tf.grads(weighted)(pooled) as tf.Tensor2D[]
  })
}

/** Adds to the running sums, disposing what they replace. */
function accumulate(sums: Gradients, gradients: Gradients): void {
  for (const [name, gradient] of gradients) {
    const sum = sums.get(name)
    sums.set(name, sum ? tf.add(sum, gradient) : gradient)
    if (sum) tf.dispose([sum, gradient])
  }
}

const concatenated = (sites: readonly SiteInfo[], parts: readonly Pooled[]): Pooled =>
  new Map(sites.map(({ name }) => [name, tf.concat(parts.map((part) => part.get(name) as tf.Tensor2D))]))

const total = (results: readonly MicroResult[], key: 'crossEntropy' | 'top1' | 'top5') =>
  tf.addN(results.map((result) => result[key]))

export interface StepGradients {
  /** Of the whole loss by every parameter, without weight decay. */
  readonly gradients: ReadonlyMap<string, tf.Tensor>
  /** As `resultKeys` names them; top-1 and top-5 are shares of the batch. */
  readonly result: tf.Tensor1D
}

/** Gradients of crossEntropy − α · R over a batch; updates the running statistics. Call it in a tf.tidy. */
export function stepGradients(trainee: Trainee, batch: Batch, options: StepOptions): StepGradients {
  const { sites } = trainee
  const { alpha, penalty } = options
  const images = batch.labels.length
  const parts = microBatches(batch, options.microBatchSize, trainee.inputSize)
  const chosen = sites.filter(({ module }) => penalty.modules.includes(module)).map(({ name }) => name)
  const rows = parts.length > 1 && alpha !== 0 ? penaltyGradients(trainee, parts, chosen, batch, options) : null

  const regularized = (part: MicroBatch, loss: tf.Scalar, pooled: Pooled): tf.Scalar => {
    if (alpha === 0) return loss
    if (parts.length === 1) {
      const r = penaltyOf(penalty, sites, pooled, batch.penaltyLabels)
      return r ? tf.sub(loss, tf.mul(r, alpha)) : loss
    }
    const products = (rows ?? []).map((gradient, i) => {
      const own = tf.slice(gradient, [part.from, 0], [part.count, -1])
      return tf.sum(tf.mul(pooled.get(chosen[i]) as tf.Tensor2D, own)) as tf.Scalar
    })
    return products.reduce((sum, product) => tf.add(sum, product), loss)
  }

  const sums: Gradients = new Map()
  const results = parts.map((part) => {
    const result = differentiate(trainee, part, (sum, pooled) => regularized(part, tf.div(sum, images), pooled))
    accumulate(sums, result.gradients)
    return result
  })
  const pooled = concatenated(
    sites,
    results.map((result) => result.pooled),
  )
  const r = penaltyOf(penalty, sites, pooled, batch.penaltyLabels) ?? tf.scalar(0)
  const share = (key: 'crossEntropy' | 'top1' | 'top5') => tf.div(total(results, key), images)
  const result = tf.stack([share('crossEntropy'), r, share('top1'), share('top5')]) as tf.Tensor1D
  for (const measured of results) disposeMeasured(measured)
  return { gradients: sums, result }
}

/** One step of training, in place; returns its results, to be read and disposed by the caller. */
export const trainStep = (trainee: Trainee, batch: Batch, options: StepOptions): tf.Tensor1D =>
  tf.tidy(() => {
    const { gradients, result } = stepGradients(trainee, batch, options)
    trainee.sgd.update(gradients, options.learningRate)
    return result
  })
