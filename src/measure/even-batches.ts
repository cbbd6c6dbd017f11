/** Cuts batches so that each has an even number of images and pairs of neighbors stay together. */
import { viewFields } from '../gpu/kernels/images.ts'
import { wholeViews } from '../model/input.ts'
import type { LabeledImages } from './evaluate.ts'

/** A batch of consecutive images; each begins at its view's offset. */
type Viewed = LabeledImages & { readonly views: Int32Array }

const width = viewFields.length

const withViews = (batch: LabeledImages, size: number): Viewed => ({
  ...batch,
  views: batch.views ?? wholeViews(batch.labels.length, size),
})

/** The views with `by` added to their offsets. */
const moved = (views: Int32Array, by: number): Int32Array =>
  views.map((value, i) => (i % width === viewFields.indexOf('offset') ? value + by : value))

function part({ images, views, labels }: Viewed, from: number, to: number): Viewed {
  const offsetOf = (image: number) => (image < labels.length ? views[image * width] : images.length)
  const [begin, end] = [offsetOf(from), offsetOf(to)]
  return {
    images: images.subarray(begin, end),
    views: moved(views.subarray(from * width, to * width), -begin),
    labels: labels.subarray(from, to),
  }
}

function joined(a: Viewed, b: Viewed): Viewed {
  const images = new Uint8Array(a.images.length + b.images.length)
  images.set(a.images)
  images.set(b.images, a.images.length)
  return {
    images,
    views: Int32Array.from([...a.views, ...moved(b.views, a.images.length)]),
    labels: Int32Array.from([...a.labels, ...b.labels]),
  }
}

/**
 * Yields the same images in the same order, in batches of even size; the last batch is a single image where the total is
 * odd. size: height and width of the network's input.
 */
export async function* evenBatches(batches: AsyncIterable<LabeledImages>, size: number): AsyncGenerator<LabeledImages> {
  let rest: Viewed | null = null
  for await (const batch of batches) {
    const own = withViews(batch, size)
    const all: Viewed = rest ? joined(rest, own) : own
    const { length } = all.labels
    const even = length - (length % 2)
    rest = even < length ? part(all, even, length) : null
    if (even > 0) yield part(all, 0, even)
  }
  if (rest) yield rest
}
