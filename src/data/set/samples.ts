/** Reads sample images for the page. */
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

/** Reads samples. Leaves out images that are no longer readable; a run reports them. */
async function samplesAt(set: ImageSet, indices: readonly number[], signal: AbortSignal): Promise<Sample[]> {
  const found = await Promise.allSettled(indices.map((index) => sampleAt(set.train, index, signal)))
  signal.throwIfAborted()
  return found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}

/** Seeded training images of all classes, in the order of the classes. */
export async function samplesOf(set: ImageSet, seed: number, signal: AbortSignal): Promise<Sample[]> {
  const { labels } = set.train
  const order = stream(seed, 'samples').shuffle([...labels.keys()])
  const perClass = Math.max(1, Math.floor(count / set.classes.length))
  const taken = new Map<number, number>()
  const chosen: number[] = []
  for (const index of order) {
    const already = taken.get(labels[index]) ?? 0
    if (already >= perClass) continue
    taken.set(labels[index], already + 1)
    chosen.push(index)
    if (chosen.length === count) break
  }
  return samplesAt(
    set,
    chosen.sort((a, b) => labels[a] - labels[b]),
    signal,
  )
}

/** Seeded training images of one class. */
export async function samplesOfClass(
  set: ImageSet,
  label: number,
  seed: number,
  signal: AbortSignal,
): Promise<Sample[]> {
  const ofClass = [...set.train.labels.keys()].filter((index) => set.train.labels[index] === label)
  return samplesAt(
    set,
    stream(seed, 'samples', label)
      .shuffle(ofClass)
      .slice(0, count)
      .sort((a, b) => a - b),
    signal,
  )
}
