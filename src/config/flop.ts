/** Floating point operations of a configuration's network and run. A multiplication with its addition counts as two. */
import type { RunConfig } from './config.ts'

const half = (size: number) => Math.ceil(size / 2)

const convolution = (inputs: number, outputs: number, kernel: number, size: number) =>
  2 * inputs * outputs * kernel ** 2 * size ** 2

type Model = RunConfig['model']

interface Block {
  readonly inputs: number
  /** Channels of the inner convolutions. */
  readonly width: number
  readonly outputs: number
  /** Height and width before and after the block. */
  readonly from: number
  readonly to: number
}

/** A ResNet v1.5 block: the 3×3 convolution of a bottleneck has the stride. */
function blockFlop(kind: Model['block'], { inputs, width, outputs, from, to }: Block): number {
  const project = from === to && inputs === outputs ? 0 : convolution(inputs, outputs, 1, to)
  const main =
    kind === 'basic'
      ? convolution(inputs, width, 3, to) + convolution(width, width, 3, to)
      : convolution(inputs, width, 1, from) + convolution(width, width, 3, to) + convolution(width, outputs, 1, to)
  return main + project
}

const stemSize = ({ stem }: Model, inputSize: number) => (stem === 'imagenet' ? half(inputSize) : inputSize)

const stemFlop = (model: Model, inputSize: number) =>
  convolution(3, model.width, model.stem === 'imagenet' ? 7 : 3, stemSize(model, inputSize))

/** Operations of the convolutions and the classifier for one image, forward. ResNet-50 at 224×224 has 8.2e9. */
export function forwardFlop(model: Model, inputSize: number, classes: number): number {
  const { blocks, width, block, stem } = model
  const begun = stemSize(model, inputSize)
  let total = stemFlop(model, inputSize)
  let size = stem === 'imagenet' ? half(begun) : begun
  let inputs = width
  for (const [module, depth] of blocks.entries()) {
    const inner = width * 2 ** module
    const outputs = inner * (block === 'bottleneck' ? 4 : 1)
    for (let i = 0; i < depth; i++) {
      const to = module > 0 && i === 0 ? half(size) : size
      total += blockFlop(block, { inputs, width: inner, outputs, from: size, to })
      inputs = outputs
      size = to
    }
  }
  return total + 2 * inputs * classes
}

export interface ImageCounts {
  readonly classes: number
  /** Images of a run, in all classes together. */
  readonly train: number
  readonly validation: number
}

/**
 * Operations of a training step for one image. The backward pass computes the gradients of inputs and of weights, each as
 * much work as the forward pass; the stem needs no gradient of its input.
 */
export const stepFlop = ({ model, data }: Pick<RunConfig, 'model' | 'data'>, classes: number): number =>
  3 * forwardFlop(model, data.inputSize, classes) - stemFlop(model, data.inputSize)

export interface RunWork {
  readonly steps: number
  readonly flop: number
}

/** The steps of a run and the operations of its steps and evaluations. Probes are left out: they add a few per cent. */
export function workOf(config: RunConfig, { classes, train: images, validation }: ImageCounts): RunWork {
  const { model, data, train } = config
  const evaluated = (train.epochs + 1) * validation
  return {
    steps: train.epochs * Math.ceil(images / train.batchSize),
    flop: train.epochs * images * stepFlop(config, classes) + evaluated * forwardFlop(model, data.inputSize, classes),
  }
}
