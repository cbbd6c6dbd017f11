/** The size of the images that a run stores. */

export const augmentations = ['none', 'crop-flip', 'random-resized-crop'] as const

/** The fields of `data` that decide the size. */
interface Sized {
  readonly augmentation: (typeof augmentations)[number]
  readonly inputSize: number
  readonly keptSide: number | null
}

/** 256 for an input of 224, as is usual for ImageNet, and in proportion for other inputs. */
export const imagenetSide = (size: number): number => Math.round((size * 256) / 224)

/** Shorter side, in pixels, to which the augmentation resizes before it crops. */
export const resizedSide = (augmentation: Sized['augmentation'], inputSize: number): number =>
  augmentation === 'random-resized-crop' ? imagenetSide(inputSize) : inputSize

/** Shorter side, in pixels, of the images that a run stores. */
export const sideOf = ({ augmentation, inputSize, keptSide }: Sized): number =>
  keptSide ?? resizedSide(augmentation, inputSize)
