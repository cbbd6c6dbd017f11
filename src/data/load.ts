/** Reads batches: decode, prepare, augment. Prepared images are kept in memory up to a limit. */
import type { Random } from '../random.ts'
import type { Transform } from './augment.ts'
import type { Pixels, Split } from './source.ts'

export interface LoadedBatch {
  /** [N · size · size · 3] uint8, rows from the top, RGB. */
  readonly images: Uint8Array
  /** [N · 3]: left, top and whether to mirror, to be applied on the GPU. */
  readonly crops: Int32Array
  readonly labels: Int32Array
}

/** `randomOf` gives the stream of the image at a position of the batch. */
export type ReadBatch = (
  split: Split,
  indices: Int32Array,
  transform: Transform,
  randomOf: (position: number) => Random,
  signal: AbortSignal,
) => Promise<LoadedBatch>

/** Decoding at once: enough to keep a decoder's threads busy, few enough to bound memory. */
const concurrency = 8

/** Runs `work` for 0 … count − 1, at most `limit` at a time. The first failure rejects. */
export async function eachConcurrently(
  count: number,
  limit: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(limit, count) }, lane))
}

/** A reader with its own memory of at most `limit` bytes of prepared images. */
export function createReader(limit = 2 ** 30): ReadBatch {
  const kept = new Map<Split, Map<string, Pixels>>()
  let bytes = 0

  async function prepared(split: Split, index: number, transform: Transform, signal: AbortSignal): Promise<Pixels> {
    if (transform.cacheKey === null) return split.read(index, signal)
    const own = kept.get(split) ?? new Map<string, Pixels>()
    kept.set(split, own)
    const key = `${transform.cacheKey} ${index}`
    const known = own.get(key)
    if (known) return known
    const decoded = await split.read(index, signal)
    const image = transform.prepare(decoded)
    // An image that passed untouched may be a view of its source, which holds it anyway.
    if (image !== decoded && bytes + image.data.length <= limit) {
      own.set(key, image)
      bytes += image.data.length
    }
    return image
  }

  return async (split, indices, transform, randomOf, signal) => {
    const size = transform.inputSize * transform.inputSize * 3
    const images = new Uint8Array(indices.length * size)
    const crops = new Int32Array(indices.length * 3)
    await eachConcurrently(indices.length, concurrency, async (position) => {
      signal.throwIfAborted()
      const image = await prepared(split, indices[position], transform, signal)
      const { left, top, mirror } = transform.finish(image, randomOf(position), images, position * size)
      crops.set([left, top, Number(mirror)], 3 * position)
    })
    return { images, crops, labels: indices.map((index) => split.labels[index]) }
  }
}
