/** The images of a run: training batches in their seeded order, the validation split, the probe set. */
import type { RunConfig } from '../config/config.ts'
import { createScratch } from '../data/decode/scratch.ts'
import { evaluationTransform, trainTransform } from '../data/feed/augment.ts'
import { epochBatches } from '../data/feed/batches.ts'
import { createReader } from '../data/feed/load.ts'
import { prefetch } from '../data/feed/prefetch.ts'
import type { ImageSet } from '../data/source.ts'
import type { LabeledImages } from '../measure/evaluate.ts'
import { shuffledLabels } from '../measure/selectivity.ts'
import { stream } from '../random.ts'

export interface RunReader {
  readonly stepsPerEpoch: number
  /** Training batches of an epoch, read ahead of their use; a batch's bytes hold until the next one is asked for. */
  readonly epoch: (epoch: number) => AsyncIterable<LabeledImages>
  readonly validation: () => AsyncIterable<LabeledImages>
  readonly probe: () => AsyncIterable<LabeledImages>
  readonly probeImages: number
  /** Labels of the probe set under each shuffle of the chance floor. */
  readonly probeShuffles: readonly Int32Array[]
}

/** Seeded choice of held-out images, `perClass` of each class or all that there are, in the split's order. */
export function probeIndices(labels: Int32Array, perClass: number, seed: number): Int32Array {
  const byClass = new Map<number, number[]>()
  for (const [index, label] of labels.entries()) byClass.set(label, [...(byClass.get(label) ?? []), index])
  const chosen = [...byClass].flatMap(([label, indices]) =>
    stream(seed, 'probe', label).shuffle(indices).slice(0, perClass),
  )
  return Int32Array.from(chosen).sort()
}

const chunks = (indices: Int32Array, size: number): Int32Array[] =>
  Array.from({ length: Math.ceil(indices.length / size) }, (_, i) => indices.slice(i * size, (i + 1) * size))

/** Batches that are read before they are needed. */
const ahead = 2

/** How often an image was counted before: balanced batches take some more than once in an epoch. */
function counter(): (index: number) => number {
  const counts = new Map<number, number>()
  return (index) => {
    const before = counts.get(index) ?? 0
    counts.set(index, before + 1)
    return before
  }
}

/** Binds a set to a run's configuration. Reading rejects with DataError, or AbortError once `signal` is aborted. */
export function createRunReader(set: ImageSet, config: RunConfig, signal: AbortSignal): RunReader {
  const { seed, data, train, probe } = config
  const read = createReader()
  const order = (epoch: number) =>
    epochBatches(
      {
        labels: set.train.labels,
        batchSize: train.batchSize,
        shuffle: data.shuffle,
        balanced: data.balancedBatches,
        balancedClasses: data.balancedClasses,
      },
      stream(seed, 'order', epoch),
    )
  const augment = trainTransform(data.augmentation, data.inputSize, data.keptSide)
  const plain = evaluationTransform(data.augmentation, data.inputSize, data.keptSide)
  const ring = Array.from({ length: ahead + 2 }, createScratch)
  const training = (epoch: number, batch: number, indices: Int32Array, turns: Int32Array) => () => {
    const randomOf = (at: number) => stream(seed, 'augment', epoch, indices[at], turns[at])
    return read(set.train, indices, augment, randomOf, signal, ring[batch % ring.length])
  }
  const evaluating = (indices: Int32Array) => () => read(set.validation, indices, plain, () => stream(seed), signal)
  const held = Int32Array.from(set.validation.labels.keys())
  const probed = probeIndices(set.validation.labels, probe.imagesPerClass, seed)
  const probeLabels = probed.map((index) => set.validation.labels[index])
  const evaluation = (indices: Int32Array) => prefetch(chunks(indices, train.microBatchSize).map(evaluating), signal)
  return {
    stepsPerEpoch: order(0).length,
    epoch: (epoch) => {
      const turn = counter()
      return prefetch(
        order(epoch).map((indices, batch) => training(epoch, batch, indices, indices.map(turn))),
        signal,
        ahead,
      )
    },
    validation: () => evaluation(held),
    probe: () => evaluation(probed),
    probeImages: probed.length,
    probeShuffles: shuffledLabels(probeLabels, (i) => stream(seed, 'floor', i), probe.floorShuffles),
  }
}
