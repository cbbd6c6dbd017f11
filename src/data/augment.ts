/** What happens to an image between its file and the network, before normalization. */
import type { RunConfig } from '../config/config.ts'
import type { Random } from '../random.ts'
import { type Box, cropSquare, resizeBox, resizeShorter } from './resize.ts'
import type { Pixels } from './source.ts'

type Augmentation = RunConfig['data']['augmentation']

/** A square of the image's own size that is cut out of it on the GPU: black outside of the image, mirrored on demand. */
export interface Crop {
  readonly left: number
  readonly top: number
  readonly mirror: boolean
}

const whole: Crop = { left: 0, top: 0, mirror: false }

export interface Transform {
  /** The part that is the same every time, worth keeping: decoded → prepared. */
  readonly prepare: (image: Pixels) => Pixels
  /** The part that is drawn anew: writes size · size · 3 bytes at `offset`, and says how they are to be cropped. */
  readonly finish: (image: Pixels, random: Random, out: Uint8Array, offset: number) => Crop
  readonly inputSize: number
  /** Names `prepare`; transforms of the same name prepare alike. Null: preparing does nothing worth keeping. */
  readonly cacheKey: string | null
}

function centerCrop(image: Pixels, size: number): Pixels {
  if (image.width === size && image.height === size) return image
  const at = (length: number) => Math.round((length - size) / 2)
  return cropSquare(image, at(image.width), at(image.height), size)
}

/** The shorter side resized to `resized`, then a centered square of `size`. */
const squared = (size: number, resized: number) => (image: Pixels) =>
  image.width === size && image.height === size ? image : centerCrop(resizeShorter(image, resized), size)

const copy: Transform['finish'] = ({ data }, _, out, offset) => {
  out.set(data, offset)
  return whole
}

const still = (size: number, resized: number): Transform => ({
  prepare: squared(size, resized),
  finish: copy,
  inputSize: size,
  cacheKey: `squared ${size} ${resized}`,
})

/** The CIFAR recipe: pad an eighth of the size with black on each side, crop at random, mirror half the time. */
const cropFlip = (size: number): Transform => {
  const pad = Math.floor(size / 8)
  return {
    ...still(size, size),
    finish: (image, random, out, offset) => {
      out.set(image.data, offset)
      const [left, top] = [random.integer(2 * pad + 1) - pad, random.integer(2 * pad + 1) - pad]
      return { left, top, mirror: random.integer(2) === 1 }
    },
  }
}

const scale = [0.08, 1] as const
const ratio = [3 / 4, 4 / 3] as const

/** The box of torchvision's RandomResizedCrop: ten tries, then the largest centered box within the ratios. */
export function randomBox({ width, height }: Pixels, random: Random): Box {
  for (let i = 0; i < 10; i++) {
    const area = width * height * (scale[0] + (scale[1] - scale[0]) * random.uniform())
    const [low, high] = [Math.log(ratio[0]), Math.log(ratio[1])]
    const aspect = Math.exp(low + (high - low) * random.uniform())
    const w = Math.round(Math.sqrt(area * aspect))
    const h = Math.round(Math.sqrt(area / aspect))
    if (w < 1 || h < 1 || w > width || h > height) continue
    return { left: random.integer(width - w + 1), top: random.integer(height - h + 1), width: w, height: h }
  }
  const w = Math.min(width, Math.round(height * ratio[1]))
  const h = Math.min(height, Math.round(width / ratio[0]))
  return { left: Math.floor((width - w) / 2), top: Math.floor((height - h) / 2), width: w, height: h }
}

/** The ImageNet recipe. */
const randomResizedCrop = (size: number): Transform => ({
  prepare: (image) => image,
  finish: (image, random, out, offset) => {
    out.set(resizeBox(image, randomBox(image, random), size, size).data, offset)
    return { ...whole, mirror: random.integer(2) === 1 }
  },
  inputSize: size,
  cacheKey: null,
})

/** Of training images. `none`: an image of `inputSize` passes untouched, others are resized and cropped at the center. */
export function trainTransform(augmentation: Augmentation, inputSize: number): Transform {
  switch (augmentation) {
    case 'none':
      return still(inputSize, inputSize)
    case 'crop-flip':
      return cropFlip(inputSize)
    case 'random-resized-crop':
      return randomResizedCrop(inputSize)
    default:
      return augmentation satisfies never
  }
}

/** Of held-out images: without chance. With random-resized-crop the ImageNet recipe's 256/224 resize comes before the center crop. */
export const evaluationTransform = (augmentation: Augmentation, inputSize: number): Transform =>
  still(inputSize, augmentation === 'random-resized-crop' ? Math.round((inputSize * 256) / 224) : inputSize)
