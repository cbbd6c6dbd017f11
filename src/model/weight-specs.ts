/** The weights of a network: names, shapes and initial values. */
import { type Architecture, convsOf } from './resnet.ts'

export interface WeightSpec {
  /** As in torchvision's state_dict. */
  readonly name: string
  /** As in torchvision's state_dict: convolutions [out, in, height, width], the classifier [out, in]. */
  readonly shape: readonly number[]
  /** True for parameters, false for running statistics. */
  readonly trainable: boolean
  readonly initial: (random: () => number, normal: () => number) => number
}

const constant = (value: number) => () => value

/**
 * The weights and running statistics in torchvision's order. Initial values: He normal (fan-out) for convolutions, 1 and 0 for
 * batch norm, PyTorch's Linear for the classifier.
 */
export function weightSpecs(net: Architecture): WeightSpec[] {
  const convs = convsOf(net).flatMap(({ name, norm, kernel, inputs, outputs }): WeightSpec[] => {
    const deviation = Math.sqrt(2 / (kernel * kernel * outputs))
    const shape = [outputs]
    return [
      {
        name: `${name}.weight`,
        shape: [outputs, inputs, kernel, kernel],
        trainable: true,
        initial: (_, normal) => normal() * deviation,
      },
      { name: `${norm}.weight`, shape, trainable: true, initial: constant(1) },
      { name: `${norm}.bias`, shape, trainable: true, initial: constant(0) },
      { name: `${norm}.running_mean`, shape, trainable: false, initial: constant(0) },
      { name: `${norm}.running_var`, shape, trainable: false, initial: constant(1) },
    ]
  })
  const bound = 1 / Math.sqrt(net.features)
  const initial = (uniform: () => number) => (2 * uniform() - 1) * bound
  const { classes } = net.spec
  return [
    ...convs,
    { name: 'fc.weight', shape: [classes, net.features], trainable: true, initial },
    { name: 'fc.bias', shape: [classes], trainable: true, initial },
  ]
}

export const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)

/** The number of trainable values of a network. */
export const parameterCount = (net: Architecture): number =>
  weightSpecs(net).reduce((sum, { shape, trainable }) => sum + (trainable ? sizeOf(shape) : 0), 0)
