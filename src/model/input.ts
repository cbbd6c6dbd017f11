/** Images as the network sees them: (value / 255 − mean) / standard deviation, with ImageNet's mean and deviation. */
import * as tf from '@tensorflow/tfjs'
import { lookUpBytes } from '../gpu/kernels/normalize.ts'
import { type LabBackend, labBackend } from '../gpu/program.ts'

export const imagenetMean = [0.485, 0.456, 0.406] as const
export const imagenetDeviation = [0.229, 0.224, 0.225] as const

const f32 = Math.fround

/** All 256 values of each channel, computed in 32-bit steps as PyTorch does. */
const tables = imagenetMean.map((mean, channel) =>
  Float32Array.from({ length: 256 }, (_, value) =>
    f32(f32(f32(value / 255) - f32(mean)) / f32(imagenetDeviation[channel])),
  ),
)

/** The table on the GPU of a backend, made once. */
const tablesOnGpu = new WeakMap<LabBackend, tf.Tensor1D>()

function tableOn(backend: LabBackend): tf.Tensor1D {
  const known = tablesOnGpu.get(backend)
  if (known) return known
  const table = tf.keep(tf.tensor1d(Float32Array.from(tables.flatMap((channel) => [...channel]))))
  tablesOnGpu.set(backend, table)
  return table
}

/** images: [count · size · size · 3] uint8, HWC → [count, size, size, 3]. */
export function toInput(images: Uint8Array, count: number, size: number): tf.Tensor4D {
  if (images.length !== count * size * size * 3) {
    throw new Error(`wrong number of bytes: ${images.length} for ${count} images of ${size}×${size}`)
  }
  const shape: [number, number, number, number] = [count, size, size, 3]
  const backend = labBackend()
  if (backend) return lookUpBytes(backend, images, tableOn(backend), shape) as tf.Tensor4D
  return tf.tensor4d(
    Float32Array.from(images, (value, i) => tables[i % 3][value]),
    shape,
  )
}
