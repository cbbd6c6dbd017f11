/** The configuration of a network that SwiftShader trains in a second. */
import { parseConfig, type RunConfigInput } from '../config/config.ts'

/** Two epochs in batches of 6 images of 16×16, without augmentation; `changes` replace whole sections. */
export const toyConfig = (changes: RunConfigInput = {}) =>
  parseConfig({
    name: 'toy',
    seed: 5,
    data: { inputSize: 16, augmentation: 'none' },
    model: { blocks: [1, 1, 1, 1], width: 2, stem: 'cifar', block: 'basic' },
    optimizer: { learningRate: 0.05 },
    train: { epochs: 2, batchSize: 6, microBatchSize: 6 },
    probe: { imagesPerClass: 2, earlyEpochs: 0, floorShuffles: 2 },
    ...changes,
  })

/** Sections that add random crops and probes within the first epoch. */
export const croppedAndProbed = {
  data: { inputSize: 16, augmentation: 'crop-flip' },
  probe: { imagesPerClass: 2, earlyEpochs: 1, perEarlyEpoch: 2, floorShuffles: 2 },
} as const satisfies RunConfigInput
