/** The order in which an epoch shows its images. */
import type { Random } from '../../random.ts'

export interface BatchPlan {
  /** Class index of each image. */
  readonly labels: Int32Array
  readonly batchSize: number
  readonly shuffle: boolean
  /** Batches of k classes × n images in place of plain ones. */
  readonly balanced: boolean
  /** k; null takes as many classes as leave at least two images for each. */
  readonly balancedClasses: number | null
}

/** Indices of each batch of one epoch. */
export const epochBatches = (plan: BatchPlan, random: Random): Int32Array[] =>
  plan.balanced ? balancedBatches(plan, random) : plainBatches(plan, random)

/** Every image once. The last batch may be smaller; a single left-over image is dropped, as batch norm needs two. */
function plainBatches({ labels, batchSize, shuffle }: BatchPlan, random: Random): Int32Array[] {
  const order = Int32Array.from(labels.keys())
  if (shuffle) random.shuffle(order)
  const batches = Array.from({ length: Math.ceil(order.length / batchSize) }, (_, i) =>
    order.slice(i * batchSize, (i + 1) * batchSize),
  )
  return batches.filter(({ length }) => length > 1)
}

/** k and n of the balanced scheme: k · n ≤ batchSize, n ≥ 2. */
export function balancedShape(
  classes: number,
  batchSize: number,
  balancedClasses: number | null,
): { k: number; n: number } {
  const k = Math.max(1, Math.min(classes, balancedClasses ?? classes, Math.floor(batchSize / 2)))
  return { k, n: Math.floor(batchSize / k) }
}

/** Draws from `items` without replacement, in a new order each time they are used up. */
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
  const images = new Map<number, number[]>()
  for (const [index, label] of labels.entries()) {
    const own = images.get(label)
    if (own) own.push(index)
    else images.set(label, [index])
  }
  const { k, n } = balancedShape(images.size, batchSize, balancedClasses)
  const nextOf = new Map([...images].map(([label, own]) => [label, endless(own, random, shuffle)]))
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
