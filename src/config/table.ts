/** The one table of configuration fields. Type, validation, form, URL and command line follow from it. */

import { choice, choices, flag, integer, integers, number, orNull, text, texts, windows } from './fields.ts'
import { augmentations } from './side.ts'

const unlimited = Number.MAX_SAFE_INTEGER

export const table = {
  name: text({ default: 'baseline', label: 'Name', help: 'What the run is called in files and charts.' }),
  seed: integer({
    default: 1,
    min: 0,
    max: 4294967295,
    label: 'Seed',
    help: 'Drives initial weights, order of images, augmentation and shuffled labels. The same seed repeats a run bit for bit on the same adapter.',
  }),
  data: {
    source: text({
      default: 'cifar10',
      label: 'Source',
      help: 'cifar10, or the path of a folder, .zip or .tar of class folders.',
    }),
    classes: texts({
      default: null,
      label: 'Classes',
      help: 'Class ids to keep, separated by commas; empty keeps all.',
    }),
    imagesPerClass: orNull(
      integer({
        default: 1,
        min: 1,
        max: unlimited,
        label: 'Images per class',
        help: 'Training images kept of each class; empty keeps all.',
      }),
      { default: null, meaning: 'all' },
    ),
    validationImagesPerClass: orNull(
      integer({
        default: 1,
        min: 1,
        max: unlimited,
        label: 'Held-out images per class',
        help: 'Held-out images of each class that evaluation looks at; empty takes all.',
      }),
      { default: null, meaning: 'all' },
    ),
    validationFraction: number({
      default: 0.1,
      min: 0.01,
      max: 0.9,
      label: 'Validation share',
      help: 'Share of each class held out for evaluation and probes when the source has no split of its own.',
    }),
    inputSize: integer({
      default: 32,
      min: 8,
      max: 512,
      unit: 'px',
      label: 'Input size',
      help: 'Height and width of the images that the network sees.',
    }),
    keptSide: orNull(
      integer({
        default: 256,
        min: 8,
        max: 2048,
        unit: 'px',
        label: 'Kept side',
        help: 'Shorter side at which decoded images are kept. Empty takes 256 for an input of 224, in proportion, with random-resized-crop, else the input size; more leaves close crops more detail.',
      }),
      { default: null, meaning: 'as the augmentation needs' },
    ),
    augmentation: choice({
      default: 'crop-flip',
      options: augmentations,
      label: 'Augmentation',
      help: 'crop-flip pads by an eighth, crops and mirrors at random (CIFAR); random-resized-crop is the ImageNet recipe.',
    }),
    shuffle: flag({ default: true, label: 'Shuffle', help: 'Draw a new order of the training images in each epoch.' }),
    balancedBatches: flag({
      default: false,
      label: 'Class-balanced batches',
      help: 'Every batch holds equally many images of each of its classes, so that the regularizer sees well-filled class means.',
    }),
    balancedClasses: orNull(
      integer({
        default: 2,
        min: 2,
        max: 1000,
        label: 'Classes per balanced batch',
        help: 'k of the k × n scheme; empty takes as many classes as leave at least two images for each.',
      }),
      { default: null, meaning: 'as many as fit' },
    ),
  },
  model: {
    blocks: integers({
      default: [3, 4, 6, 3],
      min: 1,
      max: 48,
      length: 4,
      label: 'Blocks',
      help: 'Residual blocks in layer1 … layer4. ResNet-50 has 3, 4, 6, 3.',
    }),
    width: integer({
      default: 64,
      min: 1,
      max: 512,
      unit: 'channels',
      label: 'Width',
      help: 'Channels of the stem; layer1 … layer4 have 1, 2, 4 and 8 times as many (times 4 at the sites of bottleneck blocks).',
    }),
    block: choice({
      default: 'bottleneck',
      options: ['bottleneck', 'basic'],
      label: 'Block',
      help: 'bottleneck is ResNet-50’s 1×1, 3×3, 1×1; basic is ResNet-18’s two 3×3.',
    }),
    stem: choice({
      default: 'imagenet',
      options: ['imagenet', 'cifar'],
      label: 'Stem',
      help: 'imagenet: 7×7 stride 2 and a max pool. cifar: 3×3 stride 1, which keeps the resolution of small images.',
    }),
  },
  optimizer: {
    learningRate: number({
      default: 0.1,
      min: 0,
      max: 100,
      label: 'Learning rate',
      help: 'Of stochastic gradient descent, before the schedule.',
    }),
    momentum: number({
      default: 0.9,
      min: 0,
      max: 0.9999,
      label: 'Momentum',
      help: 'As in PyTorch: v ← momentum·v + gradient, weight ← weight − rate·v.',
    }),
    weightDecay: number({
      default: 0.0001,
      min: 0,
      max: 1,
      label: 'Weight decay',
      help: 'L2 penalty on all parameters, added to the gradient.',
    }),
    schedule: choice({
      default: 'constant',
      options: ['constant', 'step', 'cosine'],
      label: 'Schedule',
      help: 'How the learning rate changes over the epochs.',
    }),
    stepEpochs: integer({
      default: 30,
      min: 1,
      max: 10000,
      unit: 'epochs',
      label: 'Step every',
      help: 'Schedule "step": the rate is multiplied by the factor each time so many epochs have passed.',
    }),
    stepFactor: number({
      default: 0.1,
      min: 0,
      max: 1,
      label: 'Step factor',
      help: 'Schedule "step": what the rate is multiplied by.',
    }),
    warmupEpochs: number({
      default: 0,
      min: 0,
      max: 1000,
      unit: 'epochs',
      label: 'Warm-up',
      help: 'The rate rises linearly to its value over so many epochs.',
    }),
  },
  train: {
    epochs: integer({ default: 20, min: 1, max: 10000, label: 'Epochs', help: 'Passes over the training images.' }),
    batchSize: integer({
      default: 256,
      min: 2,
      max: 65536,
      unit: 'images',
      label: 'Batch size',
      help: 'Images per optimizer step.',
    }),
    microBatchSize: integer({
      default: 256,
      min: 2,
      max: 65536,
      unit: 'images',
      label: 'Micro-batch size',
      help: 'Images on the GPU at once; micro-batches add up to a batch. Batch norm sees the micro-batch, the regularizer the whole batch.',
    }),
  },
  regularizer: {
    statistic: choice({
      default: 'mean',
      options: ['mean', 'sum'],
      label: 'Class statistic',
      help: 'mean: class means within the batch, the definition. sum: class sums, as in the paper’s published code.',
    }),
    modules: choices({
      default: ['layer1', 'layer2', 'layer3'],
      options: ['layer1', 'layer2', 'layer3', 'layer4'],
      label: 'Modules',
      help: 'Whose units the regularizer acts on.',
    }),
    labels: choice({
      default: 'true',
      options: ['true', 'shuffled'],
      label: 'Labels',
      help: 'shuffled is a control: the same pressure on random groups of images in place of classes.',
    }),
    schedule: windows({
      default: [],
      min: -100,
      max: 100,
      label: 'Strength α by epoch',
      help: 'Windows of epochs with their α. Negative discourages selectivity, positive promotes it; 0 outside all windows.',
    }),
  },
  probe: {
    imagesPerClass: integer({
      default: 50,
      min: 1,
      max: 100000,
      label: 'Probe images per class',
      help: 'Held-out images of each class on which selectivity is measured.',
    }),
    earlyEpochs: integer({
      default: 2,
      min: 0,
      max: 1000,
      unit: 'epochs',
      label: 'Dense probes for',
      help: 'First epochs that are probed several times each.',
    }),
    perEarlyEpoch: integer({
      default: 10,
      min: 1,
      max: 1000,
      label: 'Probes per early epoch',
      help: 'Evenly spaced probes within each of these epochs.',
    }),
    floorShuffles: integer({
      default: 5,
      min: 1,
      max: 100,
      label: 'Shuffles for the floor',
      help: 'Seeded label shuffles whose mean selectivity is the chance floor.',
    }),
  },
  checkpoint: {
    everyEpochs: integer({
      default: 1,
      min: 1,
      max: 10000,
      unit: 'epochs',
      label: 'Checkpoint every',
      help: 'Epochs between saved weights; the initialisation and the end are always saved.',
    }),
  },
}
