/** The order of the images in an epoch. */
import { group } from 'd3-array'
import type { Random } from '../../random.ts'

export interface BatchPlan {
  /** Class index of each image. */
  readonly labels: Int32Array
  readonly batchSize: number
  readonly shuffle: boolean
  /** Whether batches consist of k classes × n images. */
  readonly balanced: boolean
  /** k; null selects the most classes with at least two images each. */
  readonly balancedClasses: number | null
}

/** Image indices of each batch of an epoch. */
export const epochBatches = (plan: BatchPlan, random: Random): Int32Array[] =>
  plan.balanced ? balancedBatches(plan, random) : plainBatches(plan, random)

/** Every image once. The last batch can be smaller; a single remaining image is dropped, because batch norm needs two. */
function plainBatches({ labels, batchSize, shuffle }: BatchPlan, random: Random): Int32Array[] {
  const order = Int32Array.from(labels.keys())
  if (shuffle) random.shuffle(order)
  const batches = Array.from({ length: Math.ceil(order.length / batchSize) }, (_, i) =>
    order.slice(i * batchSize, (i + 1) * batchSize),
  )
  return batches.filter(({ length }) => length > 1)
}

/** k and n of balanced batches: k · n ≤ batchSize, n ≥ 2. */
export function balancedShape(
  classes: number,
  batchSize: number,
  balancedClasses: number | null,
): { k: number; n: number } {
  const k = Math.max(1, Math.min(classes, balancedClasses ?? classes, Math.floor(batchSize / 2)))
  return { k, n: Math.floor(batchSize / k) }
}

/** Returns a function that draws from `items` without replacement, in a new order each time they are used up. */
function endless(items: readonly number[], { shuffle }: Random, mixed: boolean): () => number {
  const order = [...items]
  let at = order.length
  return () => {
    if (at === order.length) {
      if (mixed) shuffle(order)
      at = 0
    }
    return order[at++]
  }
}

function balancedBatches({ labels, batchSize, shuffle, balancedClasses }: BatchPlan, random: Random): Int32Array[] {
  const images = group(labels.keys(), (index) => labels[index])
  const { k, n } = balancedShape(images.size, batchSize, balancedClasses)
  const nextOf = new Map([...images].map(([label, ofClass]) => [label, endless(ofClass, random, shuffle)]))
  const nextClass = endless(
    [...images.keys()].sort((a, b) => a - b),
    random,
    shuffle,
  )
  const classesOfBatch = () => {
    const chosen = new Set<number>()
    while (chosen.size < k) chosen.add(nextClass())
    return [...chosen]
  }
  return Array.from({ length: Math.max(1, Math.floor(labels.length / (k * n))) }, () =>
    Int32Array.from(classesOfBatch().flatMap((label) => Array.from({ length: n }, nextOf.get(label) as () => number))),
  )
}
