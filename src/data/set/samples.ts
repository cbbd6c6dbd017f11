/** Reads sample images for the page. */
import { group } from 'd3-array'
import type { Sample } from '../../protocol/data-report.ts'
import { stream } from '../../random.ts'
import { resizeBox, wholeBox } from '../decode/resize.ts'
import type { ImageSet, Pixels, Split } from '../source.ts'

const count = 24
/** Longer side of a sample, in pixels; smaller images are not enlarged. */
const longest = 96

function shrunk(image: Pixels): Pixels {
  const factor = longest / Math.max(image.width, image.height)
  if (factor >= 1) return image
  const at = (length: number) => Math.max(1, Math.round(length * factor))
  return resizeBox(image, wholeBox(image), at(image.width), at(image.height))
}

function rgbaOf({ width, height, data }: Pixels): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255)
  for (let i = 0; i < width * height; i++) rgba.set(data.subarray(i * 3, i * 3 + 3), i * 4)
  return rgba
}

/** Reads an image of a split at the size of a sample. Rejects if it is no longer readable. */
export async function sampleAt(split: Split, index: number, signal: AbortSignal): Promise<Sample> {
  const { width, height, data } = shrunk(await split.read(index, signal, longest))
  const path = split.file?.(index).path ?? `#${index}`
  return { label: split.labels[index], path, width, height, rgba: rgbaOf({ width, height, data }) }
}

/** Rounds of reading others in place of images that cannot be read. */
const rounds = 4

/** Reads the first `most` samples of an order that can be read; fewer where many cannot. */
async function firstOf(set: ImageSet, order: readonly number[], most: number, signal: AbortSignal): Promise<Read[]> {
  const found: Read[] = []
  for (let [at, round] = [0, 0]; at < order.length && found.length < most && round < rounds; round++) {
    const some = order.slice(at, at + most - found.length)
    at += some.length
    const read = await Promise.allSettled(some.map((index) => sampleAt(set.train, index, signal)))
    signal.throwIfAborted()
    for (const [i, one] of read.entries())
      if (one.status === 'fulfilled') found.push({ index: some[i], sample: one.value })
  }
  return found
}

interface Read {
  readonly index: number
  readonly sample: Sample
}

/** Seeded training images of all classes, in the order of the classes. */
export async function samplesOf(set: ImageSet, seed: number, signal: AbortSignal): Promise<Sample[]> {
  const { labels } = set.train
  const order = stream(seed, 'samples').shuffle([...labels.keys()])
  const perClass = Math.max(1, Math.floor(count / set.classes.length))
  const byClass = [...group(order, (index) => labels[index]).values()].slice(0, Math.ceil(count / perClass))
  const read = await Promise.all(byClass.map((ofClass) => firstOf(set, ofClass, perClass, signal)))
  return read
    .flat()
    .map(({ sample }) => sample)
    .sort((a, b) => a.label - b.label)
}

/** Seeded training images of one class. */
export async function samplesOfClass(
  set: ImageSet,
  label: number,
  seed: number,
  signal: AbortSignal,
): Promise<Sample[]> {
  const ofClass = [...set.train.labels.keys()].filter((index) => set.train.labels[index] === label)
  const read = await firstOf(set, stream(seed, 'samples', label).shuffle(ofClass), count, signal)
  return read.sort((a, b) => a.index - b.index).map(({ sample }) => sample)
}
