/** Small runs with everything that a resumed run has to repeat. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import type { RunConfigInput } from '../../src/config/config.ts'
import { stream } from '../../src/random.ts'

export interface Scenario {
  readonly name: string
  readonly config: RunConfigInput
  /** α by step, as a user moved it: entry i is the control of step i + 1. Absent: the schedule applies. */
  readonly alphas?: readonly number[]
  /** Steps between two resume points. */
  readonly pointSteps: number
}

const model = { blocks: [1, 1, 1, 1], width: 1, block: 'basic', stem: 'cifar' } as const
const probe = { imagesPerClass: 2, earlyEpochs: 1, perEarlyEpoch: 2, floorShuffles: 2 } as const

/** Nine steps each: 18 training images in batches of six. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'crop-flip',
    pointSteps: 2,
    alphas: [0, -1, -1, 0.5, 0.5, 0, 2, -0.25, -0.25],
    config: {
      seed: 7,
      data: { inputSize: 16, augmentation: 'crop-flip', validationFraction: 0.25 },
      model: { ...model, blocks: [...model.blocks] },
      optimizer: { learningRate: 0.05, schedule: 'cosine' },
      train: { epochs: 3, batchSize: 6, microBatchSize: 3 },
      regularizer: { schedule: [{ fromEpoch: 1, toEpoch: 2, alpha: -0.5 }] },
      probe,
      checkpoint: { resumeSteps: 2 },
    },
  },
  {
    name: 'random-resized-crop',
    pointSteps: 1,
    config: {
      seed: 8,
      data: {
        inputSize: 16,
        augmentation: 'random-resized-crop',
        validationFraction: 0.25,
        balancedBatches: true,
        balancedClasses: 2,
      },
      model: { ...model, blocks: [...model.blocks] },
      optimizer: { learningRate: 0.05, warmupEpochs: 1 },
      train: { epochs: 3, batchSize: 6, microBatchSize: 6 },
      regularizer: {
        labels: 'shuffled',
        schedule: [
          { fromEpoch: 0, toEpoch: 1, alpha: 1 },
          { fromEpoch: 2, toEpoch: 3, alpha: -1 },
        ],
      },
      probe: { ...probe, earlyEpochs: 0 },
      checkpoint: { everyEpochs: 2, resumeSteps: 1 },
    },
  },
  {
    name: 'epochs-only',
    pointSteps: 3,
    config: {
      seed: 9,
      data: { inputSize: 16, augmentation: 'none', validationFraction: 0.25 },
      model: { ...model, blocks: [...model.blocks] },
      optimizer: { learningRate: 0.05, schedule: 'step', stepEpochs: 1 },
      train: { epochs: 3, batchSize: 6, microBatchSize: 3 },
      probe: { ...probe, perEarlyEpoch: 3 },
      checkpoint: { resumeSeconds: null },
    },
  },
]

const colors = [
  [220, 60, 40],
  [40, 180, 70],
  [50, 70, 210],
] as const

/** Writes 24 noisy images of three classes. */
export async function writeImages(folder: string): Promise<void> {
  for (const [c, color] of colors.entries()) {
    mkdirSync(join(folder, `class-${c}`), { recursive: true })
    for (let i = 0; i < 8; i++) {
      const random = stream(1, 'image', c, i)
      const size = 18 + i
      const raw = Uint8Array.from({ length: size * size * 3 }, (_, k) => color[k % 3] - 30 + random.integer(60))
      const png = sharp(raw, { raw: { width: size, height: size, channels: 3 } }).png()
      writeFileSync(join(folder, `class-${c}`, `${i}.png`), await png.toBuffer())
    }
  }
}
