/** How large the images are that a run keeps. */
import type { RunConfig } from './config.ts'

type Sized = Pick<RunConfig['data'], 'augmentation' | 'inputSize' | 'keptSide'>

/** ImageNet's 256 for 224, in proportion. */
export const imagenetSide = (size: number): number => Math.round((size * 256) / 224)

/** Shorter side, in pixels, to which the augmentation resizes before it crops. */
export const resizedSide = (augmentation: Sized['augmentation'], inputSize: number): number =>
  augmentation === 'random-resized-crop' ? imagenetSide(inputSize) : inputSize

/** Shorter side, in pixels, of the images that a run keeps. */
export const sideOf = ({ augmentation, inputSize, keptSide }: Sized): number =>
  keptSide ?? resizedSide(augmentation, inputSize)
