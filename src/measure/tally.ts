/** Loss and accuracy of images, added up in 64 bits: over all, and by class. */
import type { Evaluation } from './evaluate.ts'
import { rounded } from './statistics.ts'

export interface VariantScores extends Evaluation {
  /** [classes]: share of each class's images that are right; NaN for a class without images. */
  readonly classTop1: Float64Array
}

export interface Tally {
  crossEntropy: number
  top1: number
  top5: number
  readonly counts: Float64Array
  readonly right: Float64Array
}

export const emptyTally = (classes: number): Tally => ({
  crossEntropy: 0,
  top1: 0,
  top5: 0,
  counts: new Float64Array(classes),
  right: new Float64Array(classes),
})

/** each: [N, 3] of `imageScores`. */
export function addScores(tally: Tally, each: Float32Array, labels: Int32Array): void {
  for (const [n, label] of labels.entries()) {
    tally.crossEntropy += each[3 * n]
    tally.top1 += each[3 * n + 1]
    tally.top5 += each[3 * n + 2]
    tally.counts[label]++
    tally.right[label] += each[3 * n + 1]
  }
}

export function scoresOf({ crossEntropy, top1, top5, counts, right }: Tally): VariantScores {
  const images = counts.reduce((a, b) => a + b, 0)
  if (images === 0) throw new Error('nothing to evaluate: the split has no images')
  const [loss, first, five] = [crossEntropy, top1, top5].map((sum) => rounded(sum / images))
  const classTop1 = right.map((sum, label) => sum / counts[label])
  return { images, loss, crossEntropy: loss, top1: first, top5: five, classTop1 }
}
