/** Presets: configurations to start from, on the page and on the command line. */
import type { Wanted } from './choose-classes.ts'
import { parseConfig, type RunConfig } from './config.ts'
import type { ImageCounts } from './flop.ts'

export interface Preset {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly config: RunConfig
  /** The classes and images that the preset takes from a larger dataset; absent where it takes all classes. */
  readonly wants?: Wanted
  /** The images of a run of the preset before any are read; absent where they depend on the dataset. */
  readonly images?: ImageCounts
  /** Parameters of its plans of regularized arms; absent where nobody has tried which strength suits the setting. */
  readonly arms?: { readonly alpha: number; readonly late: number; readonly seeds: readonly number[] }
}

/** The setting in which selectivity rises and recedes within 15 epochs. The large weight decay suits the short training. */
const riseAndRecede = (name: string, data: object) =>
  parseConfig({
    name,
    data: { inputSize: 32, augmentation: 'crop-flip', ...data },
    model: { blocks: [1, 1, 1, 1], width: 16, stem: 'imagenet' },
    optimizer: { learningRate: 0.1, momentum: 0.9, weightDecay: 0.002, schedule: 'cosine' },
    train: { epochs: 15, batchSize: 128, microBatchSize: 128 },
    probe: { imagesPerClass: 50, earlyEpochs: 2, perEarlyEpoch: 5 },
  })

/** α −0.5 is the strength at which starting late costs least; −1 still learns (docs/results.md). */
const arms = { alpha: -0.5, late: 5, seeds: [1, 2, 3] }

const hundred: Wanted = { classes: 100, train: 200, validation: 50 }

export const presets: readonly Preset[] = [
  {
    id: 'rise-and-recede-cifar10',
    name: 'Rise and recede on CIFAR-10',
    description:
      'Selectivity of layer1 and layer2 rises within the first epochs and then recedes. A small ResNet, 2,000 images a class, 15 epochs.',
    config: riseAndRecede('rise-and-recede-cifar10', { imagesPerClass: 2000 }),
    images: { classes: 10, train: 20_000, validation: 10_000 },
    arms,
  },
  {
    id: 'rise-and-recede-100',
    name: 'Rise and recede, 100 classes',
    description:
      'The same network on 100 classes of your own ImageNet subset, 200 images each: layer1 to layer3 rise within an epoch and recede.',
    config: riseAndRecede('rise-and-recede-100', {
      imagesPerClass: hundred.train,
      validationImagesPerClass: hundred.validation,
    }),
    wants: hundred,
    images: { classes: 100, train: 20_000, validation: 5000 },
    arms,
  },
  {
    id: 'small',
    name: 'Small, for a software adapter',
    description: 'One bottleneck block in each module, an eighth of the width, a few hundred images, 5 epochs.',
    config: parseConfig({
      name: 'small',
      data: { inputSize: 32, imagesPerClass: 64, validationImagesPerClass: 20, augmentation: 'crop-flip' },
      model: { blocks: [1, 1, 1, 1], width: 8 },
      optimizer: { learningRate: 0.05 },
      train: { epochs: 5, batchSize: 32, microBatchSize: 32 },
      probe: { imagesPerClass: 10, earlyEpochs: 2, perEarlyEpoch: 4 },
    }),
    images: { classes: 10, train: 640, validation: 200 },
  },
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
    images: { classes: 10, train: 50_000, validation: 10_000 },
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

export const presetNamed = (id: string): Preset | undefined => presets.find((preset) => preset.id === id)

/** The preset of a first visit: one that shows the phenomenon on a GPU, a smaller one where the CPU emulates it. */
export function defaultPreset({ software }: { readonly software: boolean }): Preset {
  const preset = presetNamed(software ? 'small' : 'rise-and-recede-cifar10')
  if (!preset) throw new Error('there is no preset of this name')
  return preset
}

/** The configuration without the run's name, its seed, its dataset and the chosen classes. */
const recipe = ({ name: _name, seed: _seed, data, ...rest }: RunConfig): string =>
  JSON.stringify({ ...rest, data: { ...data, source: '', layout: '', classes: null } })

/** The preset with the same recipe as a configuration, or undefined. */
export const presetOf = (config: RunConfig): Preset | undefined =>
  presets.find((preset) => recipe(preset.config) === recipe(config))
