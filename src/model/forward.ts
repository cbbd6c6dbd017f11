/** The forward pass: from images to logits, or only the part before or behind a site. */
import * as tf from '@tensorflow/tfjs'
import { batchNormEvaluate, batchNormTrain } from '../gpu/kernels/batch-norm/batch-norm.ts'
import type { Fusion } from '../gpu/kernels/batch-norm/norm.ts'
import { globalAverage, maxPool } from '../gpu/kernels/pool.ts'
import type { Architecture, BlockSpec, ConvSpec, Weights } from './resnet.ts'

/**
 * Replaces units of a site by activation · keep + fill. Both are [units]; or both are [variants, units], and the batch has the
 * same number of images for each variant, one variant after the other.
 */
export interface Ablation {
  readonly keep: tf.Tensor1D | tf.Tensor2D
  readonly fill: tf.Tensor1D | tf.Tensor2D
}

export interface ForwardOptions {
  /** Batch norm uses the batch's statistics in training and the running statistics in evaluation. */
  readonly mode: 'training' | 'evaluation'
  /** In training, whether the batch updates the running statistics, as in PyTorch. */
  readonly updateStatistics?: boolean
  readonly ablate?: ReadonlyMap<string, Ablation>
  /** Called with each site's output [N, H, W, units], after ablation. */
  readonly visit?: (site: string, output: tf.Tensor4D) => void
}

export interface ForwardResult {
  /** [N, classes] */
  readonly logits: tf.Tensor2D
  /** Activations averaged over height and width, after ablation: [N, units] by site. */
  readonly pooled: ReadonlyMap<string, tf.Tensor2D>
}

function weightOf(weights: Weights, name: string): tf.Variable {
  const weight = weights.get(name)
  if (!weight) throw new Error(`missing weight: ${name}`)
  return weight
}

/** Weight of the newest batch in the running statistics, as in PyTorch. */
const momentum = 0.1

/** The filter, with channels of zeros where the images have one more than it: [kh, kw, in, out]. */
const widened = (filter: tf.Tensor4D, x: tf.Tensor4D): tf.Tensor4D => {
  const missing = x.shape[3] - filter.shape[2]
  return missing > 0
    ? tf.pad4d(filter, [
        [0, 0],
        [0, 0],
        [0, missing],
        [0, 0],
      ])
    : filter
}

/** Convolution and batch norm, then the residual and ReLU of `fusion`. */
function convNorm(x: tf.Tensor4D, c: ConvSpec, weights: Weights, options: ForwardOptions, fusion: Fusion): tf.Tensor4D {
  const vector = (name: string) => weightOf(weights, `${c.norm}.${name}`) as tf.Tensor as tf.Tensor1D
  const filter = weightOf(weights, `${c.name}.weight`) as tf.Tensor as tf.Tensor4D
  const y = tf.conv2d(x, widened(filter, x), c.stride, c.padding, 'NHWC', 1, 'floor')
  const tensors = { x: y, scale: vector('weight'), shift: vector('bias') }
  if (options.mode === 'evaluation') {
    return batchNormEvaluate(tensors, vector('running_mean'), vector('running_var'), fusion)
  }
  const running = {
    mean: weightOf(weights, `${c.norm}.running_mean`),
    variance: weightOf(weights, `${c.norm}.running_var`),
    momentum,
  }
  return batchNormTrain(tensors, fusion, options.updateStatistics ? running : undefined)
}

function residual(x: tf.Tensor4D, block: BlockSpec, weights: Weights, options: ForwardOptions): tf.Tensor4D {
  const last = block.convs.length - 1
  const skip = block.downsample ? convNorm(x, block.downsample, weights, options, {}) : x
  return block.convs.reduce(
    (h, c, i) => convNorm(h, c, weights, options, { relu: true, residual: i === last ? skip : undefined }),
    x,
  )
}

function stem(net: Architecture, weights: Weights, x: tf.Tensor4D, options: ForwardOptions): tf.Tensor4D {
  const h = convNorm(x, net.stem, weights, options, { relu: true })
  return net.pool ? maxPool(h, { size: 3, stride: 2, padding: 1 }) : h
}

/** h · keep + fill. When `shared`, all variants start from the same images: [N, …] → [variants · N, …]. */
function ablated(h: tf.Tensor4D, { keep, fill }: Ablation, shared = false): tf.Tensor4D {
  if (keep.rank === 1) return tf.add(tf.mul(h, keep), fill)
  const [, height, width, units] = h.shape
  const variants = keep.shape[0]
  const rows = tf.reshape(h, [shared ? 1 : variants, -1, units])
  const [factor, offset] = [keep, fill].map((vectors) => tf.reshape(vectors, [variants, 1, units]))
  return tf.reshape(tf.add(tf.mul(rows, factor), offset), [-1, height, width, units])
}

/** The blocks and the classifier. `done`: x is already the output of the first block. */
function through(
  { blocks, weights, done }: { blocks: readonly BlockSpec[]; weights: Weights; done: boolean },
  x: tf.Tensor4D,
  options: ForwardOptions,
): ForwardResult {
  const pooled = new Map<string, tf.Tensor2D>()
  let h = x
  for (const [i, block] of blocks.entries()) {
    const { name } = block.site
    const isInput = done && i === 0
    if (!isInput) h = residual(h, block, weights, options)
    const ablation = options.ablate?.get(name)
    if (ablation) h = ablated(h, ablation, isInput)
    options.visit?.(name, h)
    pooled.set(name, globalAverage(h))
  }
  const features = pooled.get(blocks[blocks.length - 1].site.name) as tf.Tensor2D
  const fc = weightOf(weights, 'fc.weight') as tf.Tensor as tf.Tensor2D
  const logits = tf.add<tf.Tensor2D>(tf.matMul(features, fc), weightOf(weights, 'fc.bias'))
  return { logits, pooled }
}

/** The forward pass. x: [N, H, W, 3], normalized. Throws when a weight is missing. */
export const forward = (net: Architecture, weights: Weights, x: tf.Tensor4D, options: ForwardOptions): ForwardResult =>
  through({ blocks: net.blocks, weights, done: false }, stem(net, weights, x, options), options)

function indexOfSite({ blocks }: Architecture, site: string): number {
  const index = blocks.findIndex((block) => block.site.name === site)
  if (index < 0) throw new Error(`unknown site: ${site} (have ${blocks[0].site.name} … ${blocks.at(-1)?.site.name})`)
  return index
}

/** The forward pass up to a site: its output [N, H, W, units], before ablation. x: [N, H, W, 3], normalized. */
export const head = (net: Architecture, weights: Weights, x: tf.Tensor4D, site: string): tf.Tensor4D => {
  const options = { mode: 'evaluation' } as const
  const blocks = net.blocks.slice(0, indexOfSite(net, site) + 1)
  return blocks.reduce((h, block) => residual(h, block, weights, options), stem(net, weights, x, options))
}

/**
 * The forward pass behind a site, from its output [N, H, W, units] (see `head`). With ablations [variants, units] of this or
 * later sites, the results are those of all variants, [variants · N, …].
 */
export function tail(
  net: Architecture,
  weights: Weights,
  { site, output }: { readonly site: string; readonly output: tf.Tensor4D },
  ablate: ReadonlyMap<string, Ablation>,
): ForwardResult {
  const blocks = net.blocks.slice(indexOfSite(net, site))
  return through({ blocks, weights, done: true }, output, { mode: 'evaluation', ablate })
}
