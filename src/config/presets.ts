/** Presets: configurations to start from, on the page and on the command line. */
import { parseConfig, type RunConfig } from './config.ts'

export interface Preset {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly config: RunConfig
}

export const presets: readonly Preset[] = [
  {
    id: 'resnet50-cifar10',
    name: 'ResNet-50 on CIFAR-10',
    description: 'Full-width ResNet-50 with the CIFAR stem, 32×32 images, batch 128. For a GPU.',
    config: parseConfig({
      name: 'resnet50-cifar10',
      data: { inputSize: 32, augmentation: 'crop-flip' },
      model: { stem: 'cifar' },
      optimizer: { learningRate: 0.1, weightDecay: 0.0005, schedule: 'cosine', warmupEpochs: 1 },
      train: { epochs: 20, batchSize: 128, microBatchSize: 128 },
    }),
  },
  {
    id: 'small',
    name: 'Small, for a software adapter',
    description:
      'One bottleneck block in each module, an eighth of the width, a few hundred images. Trains in minutes without a GPU.',
    config: parseConfig({
      name: 'small',
      data: { inputSize: 32, imagesPerClass: 64, validationImagesPerClass: 20, augmentation: 'crop-flip' },
      model: { blocks: [1, 1, 1, 1], width: 8 },
      optimizer: { learningRate: 0.05 },
      train: { epochs: 5, batchSize: 32, microBatchSize: 32 },
      probe: { imagesPerClass: 10, earlyEpochs: 2, perEarlyEpoch: 4 },
    }),
  },
  {
    id: 'paper',
    name: 'Paper: ResNet-50, 224',
    description:
      'The paper’s recipe: ImageNet stem, 224×224, batch 256, SGD at 0.1, 20 epochs. For a large GPU and an ImageNet subset.',
    config: parseConfig({
      name: 'paper-resnet50',
      data: { inputSize: 224, augmentation: 'random-resized-crop' },
      optimizer: {
        learningRate: 0.1,
        momentum: 0.9,
        weightDecay: 0.0001,
        schedule: 'step',
        stepEpochs: 30,
        stepFactor: 0.1,
      },
      train: { epochs: 20, batchSize: 256, microBatchSize: 32 },
    }),
  },
]
