/**
 * The canonical order of validation images. Every measurement reads them in this order, so that its numbers depend on the
 * images, their labels and the seed, and never on the names or the order of files. In one order all sums are the same,
 * so results are equal bit for bit.
 */
import { stream } from '../random.ts'

/** Validation images by position. */
export interface HeldOutImages {
  /** Class index of each image. */
  readonly labels: Int32Array
  /** Absent for a dataset that is not made of files; its own fixed order then stands for the order by content. */
  readonly file?: (index: number) => { readonly path: string; readonly hash: string | null }
}

/** The SHA-256 of an image's file. Throws Error for a file that has not been read. */
function hashOf({ path, hash }: { readonly path: string; readonly hash: string | null }): string {
  if (hash === null) throw new Error(`the content of ${path} is unknown: prepare the images before measuring them`)
  return hash
}

/** Positions sorted by the content of their files. Equal files are the same image; they are sorted by label. */
function byContent({ labels, file }: HeldOutImages): Int32Array {
  const positions = Int32Array.from(labels.keys())
  if (!file) return positions
  const hashes = Array.from(labels, (_, index) => hashOf(file(index)))
  const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b))
  return positions.sort((a, b) => compare(hashes[a], hashes[b]) || labels[a] - labels[b])
}

/**
 * The positions of all images: sorted by content, then permuted by the seed. Throws Error for a file that has not been
 * read.
 */
export const canonicalOrder = (images: HeldOutImages, seed: number): Int32Array =>
  stream(seed, 'held-out order').shuffle(byContent(images))

/**
 * The probe set: the first `perClass` images of each class in the canonical order, or all where a class has fewer.
 * Returns positions, in the canonical order.
 */
export function probeSample(order: Int32Array, labels: Int32Array, perClass: number): Int32Array {
  const counts = new Map<number, number>()
  return order.filter((position) => {
    const count = (counts.get(labels[position]) ?? 0) + 1
    counts.set(labels[position], count)
    return count <= perClass
  })
}
