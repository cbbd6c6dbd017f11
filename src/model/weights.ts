/** Weights: initial values, and conversion from and to files with torchvision's names and layouts. */
import * as tf from '@tensorflow/tfjs'
import { type Gpu, read } from '../gpu/read.ts'
import { stream } from '../random.ts'
import { type Architecture, convsOf, type Weights } from './resnet.ts'
import type { StoredTensor, TensorFile } from './safetensors.ts'

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

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)

/** The number of trainable values of a network. */
export const parameterCount = (net: Architecture): number =>
  weightSpecs(net).reduce((sum, { shape, trainable }) => sum + (trainable ? sizeOf(shape) : 0), 0)

/** The shape in our layout: convolutions [height, width, in, out], the classifier [in, out]. */
export function ourShape({ shape }: Pick<WeightSpec, 'shape'>): readonly number[] {
  if (shape.length === 4) return [shape[2], shape[3], shape[1], shape[0]]
  return [...shape].reverse()
}

/** Converts from torchvision's layout to ours: convolutions to [height, width, in, out], the classifier to [in, out]. */
function toOurs(values: Float32Array, shape: readonly number[]): tf.Tensor {
  return tf.tidy(() => {
    const tensor = tf.tensor(values, [...shape])
    if (shape.length === 4) return tf.transpose(tensor, [2, 3, 1, 0])
    return shape.length === 2 ? tf.transpose(tensor) : tensor
  })
}

/** Converts from our layout to torchvision's. */
function toTorch(tensor: tf.Tensor): tf.Tensor {
  if (tensor.rank === 4) return tf.transpose(tensor, [3, 2, 0, 1])
  return tensor.rank === 2 ? tf.transpose(tensor) : tensor.clone()
}

/** A variable in our layout, from values in torchvision's. The caller disposes it. */
function variable(values: Float32Array, spec: WeightSpec): tf.Variable {
  const tensor = toOurs(values, spec.shape)
  const made = tf.variable(tensor, spec.trainable)
  tensor.dispose()
  return made
}

/** Seeded initial weights, from one random stream for each tensor, so that two networks share the weights they have in common. */
export function initialWeights(net: Architecture, seed: number): Map<string, tf.Variable> {
  return new Map(
    weightSpecs(net).map((spec) => {
      const { uniform, normal } = stream(seed, 'init', spec.name)
      const values = Float32Array.from({ length: sizeOf(spec.shape) }, () => spec.initial(uniform, normal))
      return [spec.name, variable(values, spec)]
    }),
  )
}

/** Thrown for weights that do not fit the model; the message names the tensor. */
export class WeightsError extends Error {
  override name = 'WeightsError'
}

const isIgnored = (name: string) => name.endsWith('.num_batches_tracked')

function stored(file: TensorFile, spec: WeightSpec): Float32Array {
  const tensor = file.tensors.get(spec.name)
  if (!tensor) throw new WeightsError(`missing tensor: ${spec.name}`)
  if (!(tensor.data instanceof Float32Array))
    throw new WeightsError(`wrong dtype of ${spec.name}: ${tensor.dtype} (expected F32)`)
  if (tensor.shape.join() !== spec.shape.join()) {
    throw new WeightsError(`wrong shape of ${spec.name}: [${tensor.shape}] (this model has [${spec.shape}])`)
  }
  return tensor.data
}

/** Variables from a file. Checks every tensor before it creates the first variable, so that an error leaves none. */
function variablesOf(specs: readonly WeightSpec[], file: TensorFile): Map<string, tf.Variable> {
  const values = specs.map((spec) => stored(file, spec))
  return new Map(specs.map((spec, i) => [spec.name, variable(values[i], spec)]))
}

/** Weights from a file with torchvision's names and layouts. Throws WeightsError for missing, unknown or misshapen tensors. */
export function loadWeights(net: Architecture, file: TensorFile): Map<string, tf.Variable> {
  const specs = weightSpecs(net)
  const known = new Set(specs.map(({ name }) => name))
  const unknown = [...file.tensors.keys()].find((name) => !known.has(name) && !isIgnored(name))
  if (unknown)
    throw new WeightsError(
      `unknown tensor: ${unknown} (this model has no such weight; do blocks, block and stem match?)`,
    )
  return variablesOf(specs, file)
}

/** Momentum buffers from a file with the parameters' names and layouts. Throws WeightsError. */
export const loadVelocity = (net: Architecture, file: TensorFile): Map<string, tf.Variable> =>
  variablesOf(
    weightSpecs(net)
      .filter(({ trainable }) => trainable)
      .map((spec) => ({ ...spec, trainable: false })),
    file,
  )

/** The number of batch norm updates stored in a file; 0 when the file has none. */
export function batchNormUpdates({ tensors }: TensorFile): number {
  const count = tensors.get('bn1.num_batches_tracked')?.data
  return count instanceof BigInt64Array ? Number(count[0]) : 0
}

/** Adds the number of updates of each batch norm, which PyTorch stores beside the running statistics. */
function withBatchCount(tensors: Map<string, StoredTensor>, updates: number): Map<string, StoredTensor> {
  const all = new Map<string, StoredTensor>()
  for (const [name, tensor] of tensors) {
    all.set(name, tensor)
    if (!name.endsWith('.running_var')) continue
    const count = { dtype: 'I64', shape: [], data: BigInt64Array.of(BigInt(updates)) } as const
    all.set(name.replace('running_var', 'num_batches_tracked'), count)
  }
  return all
}

/** Reads all tensors back in torchvision's layout, in one transfer; the result has the map's order. */
export async function storeTensors(
  gpu: Gpu,
  tensors: ReadonlyMap<string, tf.Tensor>,
): Promise<Map<string, StoredTensor>> {
  const torch = [...tensors.values()].map(toTorch)
  const values = await read(gpu, torch).finally(() => tf.dispose(torch))
  return new Map([...tensors.keys()].map((name, i) => [name, { dtype: 'F32', shape: torch[i].shape, data: values[i] }]))
}

/** The model's state_dict, as PyTorch would save it; `updates` is the count of batch norm updates so far. */
export async function storeWeights(gpu: Gpu, weights: Weights, updates: number): Promise<TensorFile> {
  return { tensors: withBatchCount(await storeTensors(gpu, weights), updates), metadata: { format: 'pt' } }
}
