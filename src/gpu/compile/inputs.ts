/** The inputs of a step: their shapes, the tensors that hold them, and their upload. */
import * as tf from '@tensorflow/tfjs'
import type { LabBackend } from '../lab-backend.ts'
import type { Tensors } from './trace.ts'

export interface InputSpec {
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32'
  /** True where a run may provide fewer values; the remaining ones are then unspecified. */
  readonly atMost?: boolean
}

export type InputSpecs = Readonly<Record<string, InputSpec>>

export type Values = Readonly<Record<string, Float32Array | Int32Array>>

/** Throws RangeError, naming the input, when `value` has the wrong length for `size` elements. */
export function checkLength(
  name: string,
  size: number,
  { atMost }: InputSpec,
  value: Float32Array | Int32Array | undefined,
): void {
  if (value && (value.length === size || (atMost && value.length < size))) return
  throw new RangeError(`input ${name} needs ${atMost ? 'at most ' : ''}${size} values (has ${value?.length ?? 'none'})`)
}

/** Tensors of the given shapes, outside of tfjs's scopes; the caller disposes them. */
export const emptyTensors = (backend: LabBackend, specs: InputSpecs): Tensors =>
  Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]) => {
      const info = backend.makeTensorInfo([...shape], dtype)
      return [name, tf.keep(tf.engine().makeTensorFromTensorInfo(info, backend))]
    }),
  )

/** Bytes of the inputs at full length. */
export const bytesOf = (specs: InputSpecs): number =>
  Object.values(specs).reduce((sum, { shape }) => sum + 4 * tf.util.sizeFromShape([...shape]), 0)

/** Writes the values into the tensors; returns their bytes. Throws RangeError, naming the input, for a wrong length or type. */
export function uploadInputs(backend: LabBackend, tensors: Tensors, specs: InputSpecs, values: Values): number {
  let bytes = 0
  for (const [name, tensor] of Object.entries(tensors)) {
    const value = values[name]
    checkLength(name, tensor.size, specs[name], value)
    bytes += value.byteLength
    if (value instanceof Float32Array !== (tensor.dtype === 'float32')) {
      throw new RangeError(`input ${name} needs ${tensor.dtype} values (has a ${value.constructor.name})`)
    }
    backend.real.queue.writeBuffer(backend.bufferOf(tensor), 0, value as Float32Array<ArrayBuffer>)
  }
  return bytes
}
