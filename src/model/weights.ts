/** Weights: initial values, and conversion from and to files with torchvision's names and layouts. */
import * as tf from '@tensorflow/tfjs'
import { type Gpu, read } from '../gpu/read.ts'
import type { ClassInfo } from '../protocol/environment.ts'
import { stream } from '../random.ts'
import { type FittedWeights, fitWeights, tensorValues } from './fit.ts'
import type { Architecture, Weights } from './resnet.ts'
import type { StoredTensor, TensorFile } from './safetensors.ts'
import { sizeOf, type WeightSpec, weightSpecs } from './weight-specs.ts'

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

function initialValues(spec: WeightSpec, seed: number): Float32Array {
  const { uniform, normal } = stream(seed, 'init', spec.name)
  return Float32Array.from({ length: sizeOf(spec.shape) }, () => spec.initial(uniform, normal))
}

/** Seeded initial weights, from one random stream for each tensor, so that two networks share the weights they have in common. */
export function initialWeights(net: Architecture, seed: number): Map<string, tf.Variable> {
  return new Map(weightSpecs(net).map((spec) => [spec.name, variable(initialValues(spec, seed), spec)]))
}

/** Fitted weights as variables; those that are not among them have the seeded initial values. */
export function startWeights(net: Architecture, { values }: FittedWeights, seed: number): Map<string, tf.Variable> {
  return new Map(
    weightSpecs(net).map((spec) => [spec.name, variable(values.get(spec.name) ?? initialValues(spec, seed), spec)]),
  )
}

/**
 * Weights from a file with torchvision's names and layouts, whose classifier is for `classes` where they are given. Throws
 * WeightsError before it creates a variable.
 */
export function loadWeights(
  net: Architecture,
  file: TensorFile,
  classes?: readonly ClassInfo[],
): Map<string, tf.Variable> {
  return startWeights(net, fitWeights(net, file, { prefix: '', classes }), 0)
}

/** Momentum buffers from a file with the parameters' names and layouts. Throws WeightsError. */
export function loadVelocity(net: Architecture, file: TensorFile): Map<string, tf.Variable> {
  const specs = weightSpecs(net).filter(({ trainable }) => trainable)
  const values = tensorValues(specs, file)
  return new Map(
    specs.map((spec) => [spec.name, variable(values.get(spec.name) as Float32Array, { ...spec, trainable: false })]),
  )
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

/**
 * The model's state_dict, as PyTorch would save it; `updates` is the count of batch norm updates so far. `metadata` is added to
 * the file's.
 */
export async function storeWeights(
  gpu: Gpu,
  weights: Weights,
  updates: number,
  metadata: TensorFile['metadata'] = {},
): Promise<TensorFile> {
  const tensors = withBatchCount(await storeTensors(gpu, weights), updates)
  return { tensors, metadata: { format: 'pt', ...metadata } }
}
