/** A benchmark's case: a network, its weights and one batch, with the same numbers for every peer. */
import { util } from '@tensorflow/tfjs'
import { flops } from '../src/gpu/kernels/conv/geometry.ts'
import { networkGeometries } from '../src/model/geometries.ts'
import { type Architecture, architectureOf, type ModelSpec } from '../src/model/resnet.ts'
import { weightSpecs } from '../src/model/weight-specs.ts'
import type { GraphReport } from '../src/protocol/environment.ts'
import { stream } from '../src/random.ts'

export interface BenchOptions {
  readonly blocks: readonly number[]
  readonly width: number
  readonly inputSize: number
  readonly batch: number
  readonly stem: ModelSpec['stem']
}

export interface BenchWeight {
  /** The name in torchvision. */
  readonly name: string
  /** torchvision's layout: convolutions [out, in, height, width], the classifier [out, in]. */
  readonly shape: readonly number[]
  readonly values: Float32Array
  /** False for running statistics. */
  readonly trainable: boolean
}

export interface BenchCase {
  readonly options: BenchOptions
  readonly net: Architecture
  readonly weights: readonly BenchWeight[]
  /** [batch · size · size · 3] uint8, HWC; to be normalized with ImageNet's mean and deviation. */
  readonly images: Uint8Array
  /** [batch] */
  readonly labels: Int32Array
  /** SGD: v ← momentum · v + (g + weightDecay · w); w ← w − learningRate · v. */
  readonly learningRate: number
  readonly momentum: number
  readonly weightDecay: number
}

/** A way to take training steps: every step on the same batch, with batch norm in training mode. */
export interface Peer {
  readonly name: string
  /** Takes one step and resolves with its loss (mean cross-entropy before the update) when the GPU is done. */
  readonly step: () => Promise<number>
  /** A forward pass in evaluation mode over the batch, until the GPU is done. */
  readonly evaluate?: () => Promise<number>
  /** The GPU work of a step, as the peer itself reports it. */
  readonly report?: () => GraphReport | null
  readonly dispose: () => void
}

export const classes = 10

/**
 * Scale of a block's last batch norm. At 1 and with a few images, every block doubles the rounding errors before it,
 * and gradients reach hundreds. The losses of equally exact peers would then differ after one step.
 */
const branchScale = 0.2

/**
 * Images that differ as photographs do: each has its own color, with waves of a few cycles in every channel. White
 * noise looks the same everywhere to a convolutional network. Batch norm would divide by a variance near 0, and
 * rounding errors would decide the loss.
 */
function patterns(batch: number, size: number): Uint8Array {
  const images = new Uint8Array(batch * size * size * 3)
  for (let n = 0; n < batch; n++) {
    const { uniform } = stream(1, 'image', n)
    const channels = Array.from({ length: 3 }, () => ({
      base: 60 + 135 * uniform(),
      waves: Array.from({ length: 4 }, () => ({
        x: 12 * (uniform() - 0.5),
        y: 12 * (uniform() - 0.5),
        phase: 2 * Math.PI * uniform(),
        height: 40 * uniform(),
      })),
    }))
    for (let p = 0; p < size * size; p++) {
      const [px, py] = [(p % size) / size, Math.floor(p / size) / size]
      for (const [c, { base, waves }] of channels.entries()) {
        const value = waves.reduce(
          (sum, { x, y, phase, height }) => sum + height * Math.sin(2 * Math.PI * (x * px + y * py) + phase),
          base,
        )
        images[(n * size * size + p) * 3 + c] = Math.min(255, Math.max(0, Math.round(value)))
      }
    }
  }
  return images
}

export function benchCase(options: BenchOptions): BenchCase {
  const { blocks, width, inputSize, batch, stem } = options
  const net = architectureOf({ blocks, width, block: 'bottleneck', stem, classes })
  const lasts = new Set(net.blocks.map(({ convs }) => `${convs[convs.length - 1].norm}.weight`))
  const weights = weightSpecs(net).map(({ name, shape, trainable, initial }) => {
    const { uniform, normal } = stream(1, 'init', name)
    const scale = lasts.has(name) ? branchScale : 1
    return {
      name,
      shape,
      trainable,
      values: Float32Array.from({ length: util.sizeFromShape([...shape]) }, () => scale * initial(uniform, normal)),
    }
  })
  return {
    options,
    net,
    weights,
    images: patterns(batch, inputSize),
    labels: Int32Array.from({ length: batch }, (_, i) => i % classes),
    // A small rate, so that the peers' rounding errors do not grow into different losses before the comparison.
    learningRate: 0.00001,
    momentum: 0.9,
    weightDecay: 0.0001,
  }
}

/** Forward floating-point operations and values of the result, of each convolution and of the classifier. */
export const convSizes = ({ net, options }: Pick<BenchCase, 'net' | 'options'>): { flops: number; outputs: number }[] =>
  networkGeometries(net, options.inputSize, options.batch).map((g) => ({
    flops: flops(g),
    outputs: g.images * g.outHeight * g.outWidth * g.outputs,
  }))

/**
 * A multiply-add counts as two operations. A step computes three products: forward, gradient by the input and gradient
 * by the filter.
 */
export function gflopPerStep(c: BenchCase): number {
  const sizes = convSizes(c)
  const forward = sizes.reduce((sum, { flops: own }) => sum + own, 0)
  // A training step needs no gradient by the images.
  return (3 * forward - sizes[0].flops) / 1e9
}
