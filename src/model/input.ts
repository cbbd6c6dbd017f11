/** Normalizes input images: (value / 255 − mean) / standard deviation, with ImageNet's mean and deviation. */
import * as tf from '@tensorflow/tfjs'
import { imagenetSide } from '../config/side.ts'
import type { InputSpec, Values } from '../gpu/compile/inputs.ts'
import { type ImageRange, precision, viewFields, viewImages } from '../gpu/kernels/images.ts'
import { type LabBackend, labBackend } from '../gpu/lab-backend.ts'

export const imagenetMean = [0.485, 0.456, 0.406] as const
export const imagenetDeviation = [0.229, 0.224, 0.225] as const

const f32 = Math.fround

/** The normalized value of each of the 256 bytes, by channel; computed with 32-bit floats, as in PyTorch. */
const tables = imagenetMean.map((mean, channel) =>
  Float32Array.from({ length: 256 }, (_, value) =>
    f32(f32(f32(value / 255) - f32(mean)) / f32(imagenetDeviation[channel])),
  ),
)

/** The tables on the GPU, by backend. */
const tablesOnGpu = new WeakMap<LabBackend, tf.Tensor1D>()

function tableOn(backend: LabBackend): tf.Tensor1D {
  const known = tablesOnGpu.get(backend)
  if (known) return known
  const table = tf.keep(tf.tensor1d(Float32Array.from(tables.flatMap((channel) => [...channel]))))
  tablesOnGpu.set(backend, table)
  return table
}

/** Images as bytes (RGB, HWC), with the view of each image that the network gets. */
export interface ImageBytes {
  /** Without views: [N · size · size · 3]. With views: each image's pixels, from the offset in its view. */
  readonly images: Uint8Array
  /** [N · viewFields.length] */
  readonly views?: Int32Array
}

/**
 * The largest number of bytes that a view of `size` × `size` pixels reads: of an image whose shorter side is `side`, a box at
 * most 4/3 as long, as in random resized crops; of a smaller image, at most one more pixel on each side.
 */
const bytesPerView = (size: number, side: number): number =>
  3 * Math.max((side + 1) * Math.ceil((4 * (side + 1)) / 3), (size + 2) ** 2)

const words = (images: number, size: number, side: number) => Math.ceil((images * bytesPerView(size, side)) / 4)

/** The size of the network's input and the shorter side of the stored images, in pixels. */
export interface ImageSize {
  readonly inputSize: number
  /** Default: 256 for an input of 224, and in proportion for other inputs. */
  readonly keptSide?: number
}

/** The GPU inputs of a batch of images. */
export function imageSpecs(
  images: number,
  { inputSize: size, keptSide = imagenetSide(size) }: ImageSize,
): Readonly<Record<string, InputSpec>> {
  const backend = labBackend()
  if (!backend) return { words: { shape: [images, size, size, 3], dtype: 'float32' } }
  // Created here and not in a step, since the table outlives a traced step.
  tableOn(backend)
  return {
    words: { shape: [words(images, size, keptSide)], dtype: 'int32', atMost: true },
    views: { shape: [images, viewFields.length], dtype: 'int32' },
  }
}

/** Views of images that already have the input size and follow one another. */
export function wholeViews(count: number, size: number): Int32Array {
  const whole = [size, size, 0, 0, size, size, size, size, 0, 0, 0, 0, size, size, 0]
  return Int32Array.from(Array.from({ length: count }, (_, i) => [3 * i * size * size, ...whole]).flat())
}

/** The bytes as 32-bit words; without a copy when they start at a word. */
function packed(images: Uint8Array): Int32Array {
  const length = Math.ceil(images.length / 4)
  const { buffer, byteOffset } = images
  if (byteOffset % 4 === 0 && byteOffset + 4 * length <= buffer.byteLength) {
    return new Int32Array(buffer, byteOffset, length)
  }
  const copy = new Int32Array(length)
  new Uint8Array(copy.buffer).set(images)
  return copy
}

/** The values for `imageSpecs`: bytes and views for our kernel; normalized numbers for other backends. Throws Error for a wrong number of bytes, RangeError for 2 GiB or more. */
export function imageValues({ images, views }: ImageBytes, count: number, size: number): Values {
  if (!views && images.length !== count * size * size * 3) {
    throw new Error(`wrong number of bytes: ${images.length} for ${count} images of ${size}×${size}`)
  }
  // The program counts bytes with 31 bits.
  if (images.length >= 2 ** 31) throw new RangeError(`${count} images of 2 GiB or more at once: use a smaller batch`)
  const all = views ?? wholeViews(count, size)
  if (!labBackend()) return { words: viewed(images, all, count, size) }
  return { words: packed(images), views: all }
}

interface Taps {
  readonly first: number
  readonly weights: readonly number[]
}

/** The sum of the weights of a resampled pixel. */
const one = 2 ** precision

/** Weights of a triangle filter, as in the kernel. The image has `count` pixels from `begin` on. */
function tapsOf(at: number, out: number, length: number, begin: number, count: number): Taps {
  const scale = length / out
  const support = Math.max(scale, 1)
  const center = (at + 0.5) * scale
  const first = Math.max(Math.floor(center - support + 0.5), begin, 0)
  const last = Math.min(Math.ceil(center + support - 0.5), begin + count, length)
  const raw = Array.from({ length: last - first }, (_, j) =>
    Math.max(0, 1 - Math.abs(first + j + 0.5 - center) / support),
  )
  const sum = raw.reduce((a, b) => a + b, 0)
  return { first, weights: raw.map((w) => Math.floor((w / sum) * one + 0.5)) }
}

/** A weighted mean of bytes, rounded to a byte. */
const meanByte = ({ first, weights }: Taps, byteAt: (position: number) => number): number =>
  Math.floor(weights.reduce((sum, weight, i) => sum + weight * byteAt(first + i), one / 2) / one)

/** The kernel in plain TypeScript: [count · size · size · 3]. */
function viewed(images: Uint8Array, views: Int32Array, count: number, size: number): Float32Array {
  const result = new Float32Array(count * size * size * 3)
  for (let n = 0; n < count; n++) {
    const view = views.subarray(n * viewFields.length, (n + 1) * viewFields.length)
    const [offset, columns, rows, x0, y0, lengthX, lengthY, outX, outY, startX, startY, ...rest] = view
    const [lowX, lowY, highX, highY, mirror] = rest
    for (let pixel = 0; pixel < size * size; pixel++) {
      const column = pixel % size
      const x = startX + (mirror ? size - 1 - column : column)
      const y = startY + Math.floor(pixel / size)
      const shows = x >= lowX && y >= lowY && x < highX && y < highY
      const across = shows ? tapsOf(x, outX, lengthX, x0, columns) : { first: 0, weights: [] }
      const down = shows ? tapsOf(y, outY, lengthY, y0, rows) : { first: 0, weights: [] }
      const at = (row: number, k: number, c: number) => images[offset + ((row - y0) * columns + k - x0) * 3 + c]
      for (let c = 0; c < 3; c++) {
        const byte = meanByte(down, (row) => meanByte(across, (k) => at(row, k, c)))
        result[(n * size * size + pixel) * 3 + c] = tables[c][byte]
      }
    }
  }
  return result
}

/**
 * A range of a batch's images as network input: [count, size, size, 3], or with a fourth channel of zeros (`imageChannels`).
 * `tensors` has the inputs of `imageSpecs`.
 */
export function toInput(tensors: Readonly<Record<string, tf.Tensor>>, range: ImageRange): tf.Tensor4D {
  const backend = labBackend()
  if (!backend) return tf.slice(tensors.words as tf.Tensor4D, [range.first, 0, 0, 0], [range.count, -1, -1, -1])
  return viewImages(backend, { words: tensors.words, views: tensors.views, table: tableOn(backend) }, range)
}
