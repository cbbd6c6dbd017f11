/** Loss and accuracy over images, added up in 64 bits: over all of them, and by class. */
import type { Evaluation } from './evaluate.ts'
import { rounded } from './statistics.ts'

export interface VariantScores extends Evaluation {
  /** [classes]: share of each class's images that are classified correctly; NaN for a class without images. */
  readonly classTop1: Float64Array
}

/** Sums over the images so far. */
export interface ScoreSums {
  crossEntropy: number
  top1: number
  top5: number
  /** [classes]: images, and correctly classified images. */
  readonly counts: Float64Array
  readonly correct: Float64Array
}

export const emptyScores = (classes: number): ScoreSums => ({
  crossEntropy: 0,
  top1: 0,
  top5: 0,
  counts: new Float64Array(classes),
  correct: new Float64Array(classes),
})

/** Adds images. each: [N, 3] of `imageScores`; labels: [N]. */
export function addScores(sums: ScoreSums, each: Float32Array, labels: Int32Array): void {
  for (const [n, label] of labels.entries()) {
    sums.crossEntropy += each[3 * n]
    sums.top1 += each[3 * n + 1]
    sums.top5 += each[3 * n + 2]
    sums.counts[label]++
    sums.correct[label] += each[3 * n + 1]
  }
}

/** Means over the images. Throws Error where there is none. */
export function scoresOf({ crossEntropy, top1, top5, counts, correct }: ScoreSums): VariantScores {
  const images = counts.reduce((a, b) => a + b, 0)
  if (images === 0) throw new Error('nothing to evaluate: the split has no images')
  const [loss, first, five] = [crossEntropy, top1, top5].map((sum) => rounded(sum / images))
  const classTop1 = correct.map((sum, label) => sum / counts[label])
  return { images, loss, crossEntropy: loss, top1: first, top5: five, classTop1 }
}
