/** The table of configuration fields. The type, validation, form, URL and command line derive from it. */

import { choice, choices, flag, integer, integers, number, orNull, text, texts, windows } from './fields.ts'
import { layouts } from './layout.ts'
import { augmentations } from './side.ts'

const unlimited = Number.MAX_SAFE_INTEGER

export const table = {
  name: text({ default: 'baseline', label: 'Name', help: 'The name of the run in files and charts.' }),
  seed: integer({
    default: 1,
    min: 0,
    max: 4294967295,
    label: 'Seed',
    help: 'Determines the initial weights, the order of images, the augmentation and shuffled labels. The same seed reproduces a run bit for bit on the same adapter.',
  }),
  data: {
    source: text({
      default: 'cifar10',
      label: 'Source',
      help: 'cifar10, or the path of a folder, .zip or .tar with class folders.',
    }),
    layout: choice({
      default: 'auto',
      options: layouts,
      label: 'Layout',
      help: 'Which folders are splits and classes. auto: as their names and places tell. classes: no splits. splits/classes: train/cat. classes/splits: cat/train. groups/classes: the first folder is no class. deepest: the folder that holds the image. paths: all folders together.',
    }),
    classes: texts({
      default: null,
      label: 'Classes',
      help: 'Ids of the classes to use, separated by commas. Empty: all classes.',
    }),
    imagesPerClass: orNull(
      integer({
        default: 1,
        min: 1,
        max: unlimited,
        label: 'Images per class',
        help: 'Number of training images in each class. Empty: all images.',
      }),
      { default: null, meaning: 'all' },
    ),
    validationImagesPerClass: orNull(
      integer({
        default: 1,
        min: 1,
        max: unlimited,
        label: 'Validation images per class',
        help: 'Number of validation images in each class. Empty: all images.',
      }),
      { default: null, meaning: 'all' },
    ),
    validationFraction: number({
      default: 0.1,
      min: 0.01,
      max: 0.9,
      label: 'Validation share',
      help: 'Share of each class held out for evaluation and probes when the source has no validation split.',
    }),
    inputSize: integer({
      default: 32,
      min: 8,
      max: 512,
      unit: 'px',
      label: 'Input size',
      help: 'Height and width of the network’s input images.',
    }),
    keptSide: orNull(
      integer({
        default: 256,
        min: 8,
        max: 2048,
        unit: 'px',
        label: 'Stored side',
        help: 'Shorter side at which decoded images are stored. Empty: with random-resized-crop, 256 for an input of 224 and in proportion for other inputs; otherwise the input size. A larger value keeps more detail in close crops.',
      }),
      { default: null, meaning: 'as the augmentation needs' },
    ),
    maxMegapixels: integer({
      default: 179,
      min: 1,
      max: 268,
      unit: 'megapixels',
      label: 'Largest image',
      help: 'Images with more pixels are left out before they are decoded: decoding takes up to 15 MB per megapixel. Pillow refuses more than 179 megapixels.',
    }),
    augmentation: choice({
      default: 'crop-flip',
      options: augmentations,
      label: 'Augmentation',
      help: 'crop-flip (CIFAR): pads by an eighth, then crops and mirrors at random. random-resized-crop: the ImageNet recipe.',
    }),
    shuffle: flag({ default: true, label: 'Shuffle', help: 'Shuffle the training images in each epoch.' }),
    balancedBatches: flag({
      default: false,
      label: 'Class-balanced batches',
      help: 'Every batch has the same number of images of each of its classes, so that the regularizer’s class means rest on enough images.',
    }),
    balancedClasses: orNull(
      integer({
        default: 2,
        min: 2,
        max: 1000,
        label: 'Classes per balanced batch',
        help: 'k in the k × n scheme. Empty: as many classes as possible with at least two images each.',
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
      help: 'Residual blocks in layer1 to layer4. ResNet-50 has 3, 4, 6, 3.',
    }),
    width: integer({
      default: 64,
      min: 1,
      max: 512,
      unit: 'channels',
      label: 'Width',
      help: 'Channels of the stem. layer1 to layer4 have 1, 2, 4 and 8 times as many (and 4 times that at the sites of bottleneck blocks).',
    }),
    block: choice({
      default: 'bottleneck',
      options: ['bottleneck', 'basic'],
      label: 'Block',
      help: 'bottleneck: 1×1, 3×3 and 1×1 convolutions, as in ResNet-50. basic: two 3×3 convolutions, as in ResNet-18.',
    }),
    stem: choice({
      default: 'imagenet',
      options: ['imagenet', 'cifar'],
      label: 'Stem',
      help: 'imagenet: 7×7 with stride 2 and a max pool. cifar: 3×3 with stride 1, which preserves the resolution of small images.',
    }),
  },
  optimizer: {
    learningRate: number({
      default: 0.1,
      min: 0,
      max: 100,
      label: 'Learning rate',
      help: 'Learning rate of stochastic gradient descent, before the schedule.',
    }),
    momentum: number({
      default: 0.9,
      min: 0,
      max: 0.9999,
      label: 'Momentum',
      help: 'As in PyTorch: v ← momentum·v + gradient; weight ← weight − rate·v.',
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
      help: 'Schedule "step": number of epochs after which the rate is multiplied by the factor, repeatedly.',
    }),
    stepFactor: number({
      default: 0.1,
      min: 0,
      max: 1,
      label: 'Step factor',
      help: 'Schedule "step": the factor for the rate.',
    }),
    warmupEpochs: number({
      default: 0,
      min: 0,
      max: 1000,
      unit: 'epochs',
      label: 'Warm-up',
      help: 'Number of epochs over which the rate rises linearly to its value.',
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
      help: 'Images on the GPU at once; a batch is split into micro-batches. Batch norm sees one micro-batch, the regularizer the whole batch.',
    }),
    recompute: flag({
      default: false,
      label: 'Recompute activations',
      help: 'Computes normalized activations again in the backward pass instead of keeping them. Takes less GPU memory and a little more time. No number depends on it.',
    }),
    memoryBudget: orNull(
      integer({
        default: 4096,
        min: 16,
        max: unlimited,
        unit: 'MiB',
        label: 'Memory budget',
        help: 'A run that needs more GPU memory is refused before it starts, with the micro-batch size that fits. Empty: the limits of the adapter alone. No number depends on it.',
      }),
      { default: null, meaning: 'no budget' },
    ),
  },
  regularizer: {
    statistic: choice({
      default: 'mean',
      options: ['mean', 'sum'],
      label: 'Class statistic',
      help: 'mean: class means within the batch, as defined. sum: class sums, as in the paper’s published code.',
    }),
    modules: choices({
      default: ['layer1', 'layer2', 'layer3'],
      options: ['layer1', 'layer2', 'layer3', 'layer4'],
      label: 'Modules',
      help: 'Modules on whose units the regularizer acts.',
    }),
    labels: choice({
      default: 'true',
      options: ['true', 'shuffled'],
      label: 'Labels',
      help: 'shuffled is a control: the same pressure on random groups of images instead of classes.',
    }),
    schedule: windows({
      default: [],
      min: -100,
      max: 100,
      label: 'Strength α by epoch',
      help: 'Windows of epochs with an α each. A negative α discourages selectivity, a positive one promotes it; α is 0 outside all windows.',
    }),
  },
  probe: {
    imagesPerClass: integer({
      default: 50,
      min: 1,
      max: 100000,
      label: 'Probe images per class',
      help: 'Number of validation images in each class on which selectivity is measured.',
    }),
    earlyEpochs: integer({
      default: 2,
      min: 0,
      max: 1000,
      unit: 'epochs',
      label: 'Dense probes for',
      help: 'Number of first epochs with several probes each.',
    }),
    perEarlyEpoch: integer({
      default: 10,
      min: 1,
      max: 1000,
      label: 'Probes per early epoch',
      help: 'Number of evenly spaced probes within each of these epochs.',
    }),
    floorShuffles: integer({
      default: 5,
      min: 1,
      max: 100,
      label: 'Shuffles for the floor',
      help: 'Number of seeded label shuffles; their mean selectivity is the chance floor.',
    }),
  },
  checkpoint: {
    everyEpochs: integer({
      default: 1,
      min: 1,
      max: 10000,
      unit: 'epochs',
      label: 'Checkpoint every',
      help: 'Epochs between checkpoints. The initialization and the end are always saved.',
    }),
    momentum: flag({
      default: true,
      label: 'Keep momentum',
      help: 'Keeps the momentum of every checkpoint, so that a fork goes on from it exactly. It takes as much space as the checkpoint. Off: only that of the newest checkpoint is kept, for resuming.',
    }),
    resumeSeconds: orNull(
      integer({
        default: 120,
        min: 1,
        max: 86400,
        unit: 's',
        label: 'Resume point every',
        help: 'Seconds of training after which the state is saved, so that an interrupted run loses no more than these. Empty: only at checkpoints. No result depends on it.',
      }),
      { default: 120, meaning: 'only at checkpoints' },
    ),
    resumeSteps: orNull(
      integer({
        default: 100,
        min: 1,
        max: 1000000,
        unit: 'steps',
        label: 'Resume point every',
        help: 'Steps after which the state is saved as well. Empty: only the time counts.',
      }),
      { default: null, meaning: 'by time only' },
    ),
  },
}
