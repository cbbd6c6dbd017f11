/** A grid of sample images for the page. */
import type { Sample } from '../events.ts'
import { stream } from '../random.ts'
import { resizeBox, wholeBox } from './resize.ts'
import type { ImageSet, Pixels } from './source.ts'

const count = 24
/** Longer side of a sample, in pixels; smaller images stay as they are. */
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

/** Training images across the classes, in the order of the classes; which ones is seeded. */
export async function samplesOf({ train, classes }: ImageSet, seed: number, signal: AbortSignal): Promise<Sample[]> {
  const order = stream(seed, 'samples').shuffle([...train.labels.keys()])
  const perClass = Math.max(1, Math.floor(count / classes.length))
  const taken = new Map<number, number>()
  const chosen: number[] = []
  for (const index of order) {
    const label = train.labels[index]
    const already = taken.get(label) ?? 0
    if (already >= perClass) continue
    taken.set(label, already + 1)
    chosen.push(index)
    if (chosen.length === count) break
  }
  chosen.sort((a, b) => train.labels[a] - train.labels[b])
  return Promise.all(
    chosen.map(async (index): Promise<Sample> => {
      const { width, height, data } = shrunk(await train.read(index, signal))
      return { label: train.labels[index], width, height, rgba: rgbaOf({ width, height, data }) }
    }),
  )
}
