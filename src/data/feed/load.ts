/** Reads batches: finds each stored image, chooses its view, and packs only the pixels of the view for the GPU. */
import type { Random } from '../../random.ts'
import { eachConcurrently } from '../concurrently.ts'
import { shrinkShorter } from '../decode/resize.ts'
import { createScratch, type Scratch } from '../decode/scratch.ts'
import type { Pixels, Split, StoredImage } from '../source.ts'
import type { Axis, Transform, View } from './augment.ts'

export interface LoadedBatch {
  /** The pixels that the views need, one image after another. */
  readonly images: Uint8Array
  /** [N · viewLength]: the view of each image in the form that the GPU kernel reads. */
  readonly views: Int32Array
  readonly labels: Int32Array
}

/**
 * Reads a batch. `randomOf` returns the random stream of the image at a position in the batch; `memory` provides the buffer
 * for the images, by default a new one.
 */
export type ReadBatch = (
  split: Split,
  indices: Int32Array,
  transform: Transform,
  randomOf: (position: number) => Random,
  signal: AbortSignal,
  memory?: Scratch,
) => Promise<LoadedBatch>

/** Images that are decoded at once: enough to occupy the decoders, few enough to bound memory. */
const concurrency = 8

/** Integers per view, in the order of the kernel's viewFields. */
export const viewLength = 16

/** `length` pixels of an image, starting at `from`. */
interface Part {
  readonly from: number
  readonly length: number
}

/** The pixels of one direction that resampling the view needs. */
export function partOf({ from, length, out, start, low, high }: Axis, size: number): Part {
  const scale = length / out
  const support = Math.max(scale, 1)
  const [first, last] = [Math.max(low, start), Math.min(high, start + size) - 1]
  if (last < first) return { from, length: 1 }
  const begin = Math.max(0, Math.floor((first + 0.5) * scale - support + 0.5))
  const end = Math.min(length, Math.ceil((last + 0.5) * scale + support - 0.5))
  return { from: from + begin, length: end - begin }
}

/** Copies `columns` × `rows` pixels into `out`. */
function copyPart(image: StoredImage, columns: Part, rows: Part, out: Uint8Array, scratch: Scratch): void {
  if (columns.length === image.width) {
    image.readRows(rows.from, rows.length, out)
    return
  }
  const [whole, part] = [3 * image.width, 3 * columns.length]
  const lines = scratch(whole * rows.length)
  image.readRows(rows.from, rows.length, lines)
  for (let y = 0; y < rows.length; y++) {
    const at = y * whole + 3 * columns.from
    out.set(lines.subarray(at, at + part), y * part)
  }
}

const storedInMemory = ({ width, height, data }: Pixels): StoredImage => ({
  width,
  height,
  readRows: (top, rows, out) => out.set(data.subarray(3 * width * top, 3 * width * (top + rows))),
})

/** Packs the pixels and the view of each image. */
function pack(seen: readonly { image: StoredImage; view: View }[], size: number, scratch: Scratch, memory: Scratch) {
  const parts = seen.map(({ view }) => ({ columns: partOf(view.x, size), rows: partOf(view.y, size) }))
  const bytes = parts.reduce((sum, { columns, rows }) => sum + 3 * columns.length * rows.length, 0)
  // A multiple of four bytes can be uploaded to the GPU without copying.
  const images = memory(4 * Math.ceil(bytes / 4))
  const views = new Int32Array(seen.length * viewLength)
  let offset = 0
  for (const [i, { image, view }] of seen.entries()) {
    const { columns, rows } = parts[i]
    const length = 3 * columns.length * rows.length
    copyPart(image, columns, rows, images.subarray(offset, offset + length), scratch)
    const { x, y, mirror } = view
    views.set([offset, columns.length, rows.length, columns.from - x.from, rows.from - y.from], i * viewLength)
    views.set([x.length, y.length, x.out, y.out, x.start, y.start], i * viewLength + 5)
    views.set([x.low, y.low, x.high, y.high, Number(mirror)], i * viewLength + 11)
    offset += length
  }
  return { images, views }
}

const fresh: Scratch = (length) => new Uint8Array(length)

/** Creates a reader that holds up to `limit` bytes of decoded images in memory, for images that are not cached on disk. */
export function createReader(limit = 2 ** 30): ReadBatch {
  const inMemory = new Map<Split, Map<string, StoredImage>>()
  const scratch = createScratch()
  let bytes = 0

  async function stored(split: Split, index: number, side: number, signal: AbortSignal): Promise<StoredImage> {
    const onDisk = split.stored?.(index)
    if (onDisk) return onDisk
    const ofSplit = inMemory.get(split) ?? new Map<string, StoredImage>()
    inMemory.set(split, ofSplit)
    const key = `${side} ${index}`
    const known = ofSplit.get(key)
    if (known) return known
    const pixels = shrinkShorter(await split.read(index, signal, side), side)
    const image = storedInMemory(pixels)
    if (!split.inMemory && bytes + pixels.data.length <= limit) {
      ofSplit.set(key, image)
      bytes += pixels.data.length
    }
    return image
  }

  return async (split, indices, transform, randomOf, signal, memory = fresh) => {
    signal.throwIfAborted()
    const seen: { image: StoredImage; view: View }[] = []
    await eachConcurrently(indices.length, concurrency, async (position) => {
      const image = await stored(split, indices[position], transform.side, signal)
      seen[position] = { image, view: transform.view(image, randomOf(position)) }
    })
    return { ...pack(seen, transform.inputSize, scratch, memory), labels: indices.map((index) => split.labels[index]) }
  }
}
