/**
 * Reads the images of a run: training batches in their seeded order; validation images and the probe set in the canonical
 * order (see measure/canonical-order.ts), so that probes during training agree with later measurements.
 */
import type { RunConfig } from '../config/config.ts'
import { createScratch } from '../data/decode/scratch.ts'
import { evaluationTransform, trainTransform } from '../data/feed/augment.ts'
import { epochBatches } from '../data/feed/batches.ts'
import { createReader } from '../data/feed/load.ts'
import { prefetch } from '../data/feed/prefetch.ts'
import type { ImageSet } from '../data/source.ts'
import { canonicalOrder, probeSample } from '../measure/canonical-order.ts'
import { chunks } from '../measure/chunks.ts'
import type { LabeledImages } from '../measure/evaluate.ts'
import { shuffledLabels } from '../measure/selectivity.ts'
import { stream } from '../random.ts'

export interface RunReader {
  readonly stepsPerEpoch: number
  /**
   * Training batches of an epoch from its `first` on, read ahead of their use. A batch's bytes stay valid until the next batch
   * is requested.
   */
  readonly epoch: (epoch: number, first?: number) => AsyncIterable<LabeledImages>
  /** All validation images, in the canonical order. */
  readonly validation: () => AsyncIterable<LabeledImages>
  /** All validation images, in the order of the dataset. For comparison with PyTorch; measurements use `validation`. */
  readonly validationInDataOrder: () => AsyncIterable<LabeledImages>
  /** The probe set, in the canonical order. */
  readonly probe: () => AsyncIterable<LabeledImages>
  readonly probeImages: number
  /** Position in the validation split of each image of the probe set. */
  readonly probeIndices: Int32Array
  /** Labels of the probe set under each shuffle of the chance floor. */
  readonly probeShuffles: readonly Int32Array[]
}

/** Number of batches that are read before they are needed. */
const ahead = 2

/** Counts how often an image was seen before: balanced batches use some images more than once in an epoch. */
function counter(): (index: number) => number {
  const counts = new Map<number, number>()
  return (index) => {
    const before = counts.get(index) ?? 0
    counts.set(index, before + 1)
    return before
  }
}

/**
 * Binds a prepared dataset to a run's configuration. Throws Error where the content of a validation file is unknown. Reading
 * rejects with DataError, or with AbortError once `signal` is aborted.
 */
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
  const { labels } = set.validation
  const canonical = canonicalOrder(set.validation, seed)
  const probeIndices = probeSample(canonical, labels, probe.imagesPerClass)
  const probeLabels = probeIndices.map((index) => labels[index])
  const evaluation = (indices: Int32Array) => prefetch(chunks(indices, train.microBatchSize).map(evaluating), signal)
  return {
    stepsPerEpoch: order(0).length,
    epoch: (epoch, first = 0) => {
      const turn = counter()
      const batches = order(epoch).map((indices, batch) => training(epoch, batch, indices, indices.map(turn)))
      return prefetch(batches.slice(first), signal, ahead)
    },
    validation: () => evaluation(canonical),
    validationInDataOrder: () => evaluation(Int32Array.from(labels.keys())),
    probe: () => evaluation(probeIndices),
    probeImages: probeIndices.length,
    probeIndices,
    probeShuffles: shuffledLabels(probeLabels, (i) => stream(seed, 'floor', i), probe.floorShuffles),
  }
}
