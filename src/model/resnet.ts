/**
 * The architecture: ResNet v1.5 (He et al. 2016, with the stride in the 3×3 convolution of bottleneck blocks), with blocks and
 * widths as data. Tensors are NHWC, convolution weights [height, width, in, out]; names are torchvision's.
 */
import type * as tf from '@tensorflow/tfjs'
import type { SiteInfo } from '../protocol/environment.ts'

export interface ModelSpec {
  /** Number of residual blocks in layer1 to layer4. */
  readonly blocks: readonly number[]
  /** Channels of the stem. */
  readonly width: number
  readonly block: 'bottleneck' | 'basic'
  readonly stem: 'imagenet' | 'cifar'
  readonly classes: number
}

export interface ConvSpec {
  /** Name of the weight without `.weight`. */
  readonly name: string
  /** Name of the batch norm after it. */
  readonly norm: string
  readonly kernel: number
  readonly stride: number
  readonly padding: number
  readonly inputs: number
  readonly outputs: number
}

export interface BlockSpec {
  readonly site: SiteInfo
  readonly convs: readonly ConvSpec[]
  readonly downsample: ConvSpec | null
}

export interface Architecture {
  readonly spec: ModelSpec
  readonly stem: ConvSpec
  /** The 3×3 stride 2 max pool after the stem. */
  readonly pool: boolean
  readonly blocks: readonly BlockSpec[]
  readonly features: number
}

export type Weights = ReadonlyMap<string, tf.Variable>

const conv = (
  name: string,
  norm: string,
  kernel: number,
  stride: number,
  inputs: number,
  outputs: number,
): ConvSpec => ({
  name,
  norm,
  kernel,
  stride,
  padding: (kernel - 1) / 2,
  inputs,
  outputs,
})

const expansion = { bottleneck: 4, basic: 1 } as const

function blockSpec(kind: ModelSpec['block'], layer: number, index: number, inputs: number, width: number): BlockSpec {
  const name = `layer${layer}.${index}`
  const stride = layer > 1 && index === 0 ? 2 : 1
  const outputs = width * expansion[kind]
  const at = (i: number, kernel: number, step: number, from: number, to: number) =>
    conv(`${name}.conv${i}`, `${name}.bn${i}`, kernel, step, from, to)
  const convs =
    kind === 'bottleneck'
      ? [at(1, 1, 1, inputs, width), at(2, 3, stride, width, width), at(3, 1, 1, width, outputs)]
      : [at(1, 3, stride, inputs, width), at(2, 3, 1, width, width)]
  const needed = stride !== 1 || inputs !== outputs
  return {
    site: { name, module: `layer${layer}`, units: outputs },
    convs,
    downsample: needed ? conv(`${name}.downsample.0`, `${name}.downsample.1`, 1, stride, inputs, outputs) : null,
  }
}

/** The architecture of a specification. Width doubles and resolution halves from layer to layer. */
export function architectureOf(spec: ModelSpec): Architecture {
  let inputs = spec.width
  const blocks = spec.blocks.flatMap((count, i) =>
    Array.from({ length: count }, (_, index) => {
      const block = blockSpec(spec.block, i + 1, index, inputs, spec.width * 2 ** i)
      inputs = block.site.units
      return block
    }),
  )
  const imagenet = spec.stem === 'imagenet'
  return {
    spec,
    stem: conv('conv1', 'bn1', imagenet ? 7 : 3, imagenet ? 2 : 1, 3, spec.width),
    pool: imagenet,
    blocks,
    features: inputs,
  }
}

/** The sites in order: the outputs of the residual blocks. */
export const sitesOf = ({ blocks }: Architecture): SiteInfo[] => blocks.map(({ site }) => site)

/** All convolutions in torchvision's order. */
export const convsOf = ({ stem, blocks }: Architecture): ConvSpec[] => [
  stem,
  ...blocks.flatMap(({ convs, downsample }) => (downsample ? [...convs, downsample] : convs)),
]
