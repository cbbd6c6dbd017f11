/** Images as the network sees them: (value / 255 − mean) / standard deviation, with ImageNet's mean and deviation. */
import * as tf from '@tensorflow/tfjs'
import type { InputSpec, Values } from '../gpu/compile/compile.ts'
import { cropImages, type ImageRange } from '../gpu/kernels/images.ts'
import { type LabBackend, labBackend } from '../gpu/lab-backend.ts'

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

/** Images [N · size · size · 3] uint8, HWC, and what is done to them before they are seen. */
export interface ImageBytes {
  readonly images: Uint8Array
  /** [N · 3]: left and top of the square that is cut out (black outside of the image), and 1 where it is mirrored. */
  readonly crops?: Int32Array
}

const words = (images: number, size: number) => Math.ceil((images * size * size * 3) / 4)

/** What a batch of images needs on the GPU. */
export function imageSpecs(images: number, size: number): Readonly<Record<string, InputSpec>> {
  const backend = labBackend()
  if (!backend) return { words: { shape: [images, size, size, 3], dtype: 'float32' } }
  // Made here rather than in a step that may be traced: it outlives the step.
  tableOn(backend)
  return {
    words: { shape: [words(images, size)], dtype: 'int32' },
    crops: { shape: [images, 3], dtype: 'int32' },
  }
}

/** The values for `imageSpecs`: bytes and crops for our kernel; for other backends, finished numbers. */
export function imageValues({ images, crops }: ImageBytes, count: number, size: number): Values {
  if (images.length !== count * size * size * 3) {
    throw new Error(`wrong number of bytes: ${images.length} for ${count} images of ${size}×${size}`)
  }
  const placed = crops ?? new Int32Array(3 * count)
  if (!labBackend()) return { words: cropped(images, placed, count, size) }
  const packed = new Int32Array(words(count, size))
  new Uint8Array(packed.buffer).set(images)
  return { words: packed, crops: placed }
}

/** The plain form of the kernel. */
function cropped(images: Uint8Array, crops: Int32Array, count: number, size: number): Float32Array {
  return Float32Array.from({ length: count * size * size * 3 }, (_, i) => {
    const channel = i % 3
    const pixel = Math.floor(i / 3)
    const image = Math.floor(pixel / (size * size))
    const [left, top, mirror] = crops.subarray(3 * image)
    const column = pixel % size
    const x = left + (mirror ? size - 1 - column : column)
    const y = top + (Math.floor(pixel / size) % size)
    const inside = x >= 0 && y >= 0 && x < size && y < size
    return tables[channel][inside ? images[((image * size + y) * size + x) * 3 + channel] : 0]
  })
}

/** Some images of a batch as the network sees them, [count, size, size, 3]; `tensors` hold the values for `imageSpecs`. */
export function toInput(tensors: Readonly<Record<string, tf.Tensor>>, range: ImageRange): tf.Tensor4D {
  const backend = labBackend()
  if (!backend) return tf.slice(tensors.words as tf.Tensor4D, [range.first, 0, 0, 0], [range.count, -1, -1, -1])
  return cropImages(backend, { words: tensors.words, crops: tensors.crops, table: tableOn(backend) }, range)
}
