/** Files of weights for tests: seeded values of a network, in other number types and under other names. */
import type { Dtype } from '../model/dtypes.ts'
import { architectureOf, type ModelSpec } from '../model/resnet.ts'
import type { StoredTensor, TensorFile } from '../model/safetensors.ts'
import { sizeOf, weightSpecs } from '../model/weight-specs.ts'
import { stream } from '../random.ts'

export const smallModel = {
  blocks: [1, 1, 1, 1],
  width: 4,
  block: 'basic',
  stem: 'cifar',
} as const satisfies Omit<ModelSpec, 'classes'>

/** Values with few bits, which every type of float holds exactly. Variances are not negative. */
const valuesOf = (count: number, seed: number, name: string): Float32Array => {
  const random = stream(seed, 'values', name)
  const least = name.endsWith('.running_var') ? 0 : -8
  return Float32Array.from({ length: count }, () => (random.integer(16) + least) / 4)
}

/** A state_dict with values that depend on seed and name. */
export function stateOf(model: ModelSpec, seed = 1): Map<string, StoredTensor> {
  return new Map(
    weightSpecs(architectureOf(model)).map(({ name, shape }) => [
      name,
      { dtype: 'F32', shape, data: valuesOf(sizeOf(shape), seed, name) },
    ]),
  )
}

const halfOf = (value: number): number => {
  if (value === 0) return Object.is(value, -0) ? 0x8000 : 0
  const exponent = Math.floor(Math.log2(Math.abs(value)))
  const fraction = Math.abs(value) / 2 ** exponent - 1
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | (fraction * 1024)
}

/** The same values as numbers of another type, which must hold them exactly. */
export function asType(tensor: StoredTensor, dtype: Extract<Dtype, 'F16' | 'BF16' | 'F64'>): StoredTensor {
  const values = [...(tensor.data as Float32Array)]
  const upper = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0] >>> 16
  const words = dtype === 'F64' ? Float64Array.from(values) : Uint16Array.from(values, dtype === 'F16' ? halfOf : upper)
  return { dtype, shape: tensor.shape, data: new Uint8Array(words.buffer) }
}

export const renamed = (tensors: TensorFile['tensors'], rename: (name: string) => string): Map<string, StoredTensor> =>
  new Map([...tensors].map(([name, tensor]) => [rename(name), tensor]))
