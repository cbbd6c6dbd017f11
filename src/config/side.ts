/** How large the images are that a run keeps. */
import type { RunConfig } from './config.ts'

/** ImageNet's 256 for 224, in proportion. */
export const imagenetSide = (size: number): number => Math.round((size * 256) / 224)

/** Shorter side, in pixels, of the images that a run keeps. */
export const sideOf = (augmentation: RunConfig['data']['augmentation'], inputSize: number): number =>
  augmentation === 'random-resized-crop' ? imagenetSide(inputSize) : inputSize
