/** Images as the network sees them: (value / 255 − mean) / standard deviation, with ImageNet's mean and deviation. */
import * as tf from '@tensorflow/tfjs'

export const imagenetMean = [0.485, 0.456, 0.406] as const
export const imagenetDeviation = [0.229, 0.224, 0.225] as const

const f32 = Math.fround

/** All 256 values of each channel, computed in 32-bit steps as PyTorch does. */
const tables = imagenetMean.map((mean, channel) =>
  Float32Array.from({ length: 256 }, (_, value) =>
    f32(f32(f32(value / 255) - f32(mean)) / f32(imagenetDeviation[channel])),
  ),
)

/** images: [count · size · size · 3] uint8, HWC → [count, size, size, 3]. */
export function toInput(images: Uint8Array, count: number, size: number): tf.Tensor4D {
  if (images.length !== count * size * size * 3) {
    throw new Error(`wrong number of bytes: ${images.length} for ${count} images of ${size}×${size}`)
  }
  const values = new Float32Array(images.length)
  for (let i = 0; i < images.length; i += 3) {
    values[i] = tables[0][images[i]]
    values[i + 1] = tables[1][images[i + 1]]
    values[i + 2] = tables[2][images[i + 2]]
  }
  return tf.tensor4d(values, [count, size, size, 3])
}
