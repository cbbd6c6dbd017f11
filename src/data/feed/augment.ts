/**
 * Augmentation: chooses the part of an image that the network sees, its resampling and its mirroring. The GPU resamples the
 * pixels.
 */
import type { RunConfig } from '../../config/config.ts'
import { imagenetSide, resizedSide } from '../../config/side.ts'
import type { Random } from '../../random.ts'
import { type Box, shorterSize } from '../decode/resize.ts'
import type { Pixels } from '../source.ts'

type Augmentation = RunConfig['data']['augmentation']
type Size = Pick<Pixels, 'width' | 'height'>

/**
 * One direction of a view: `length` pixels of the image, starting at `from`, are resampled to `out` pixels. The network sees
 * the pixels from `start` on; those outside `low` … `high` − 1 are black.
 */
export interface Axis {
  readonly from: number
  readonly length: number
  readonly out: number
  readonly start: number
  readonly low: number
  readonly high: number
}

/** The part of an image that the network sees. */
export interface View {
  readonly x: Axis
  readonly y: Axis
  readonly mirror: boolean
}

export interface Transform {
  readonly view: (image: Size, random: Random) => View
  /** Height and width of the network's input, in pixels. */
  readonly inputSize: number
  /** The shorter side that a stored image needs at most, in pixels. */
  readonly side: number
}

/** The middle `size` pixels of an image that is resized to `out` pixels. */
function middle(length: number, out: number, size: number): Axis {
  const start = Math.round((out - size) / 2)
  return { from: 0, length, out, start, low: start, high: start + size }
}

/** A centered square of `size` pixels from an image whose shorter side is resized to `side`. */
function centered(image: Size, size: number, side: number): Pick<View, 'x' | 'y'> {
  const { width, height } = shorterSize(image, side)
  return { x: middle(image.width, width, size), y: middle(image.height, height, size) }
}

const still = (size: number, side: number): Transform => ({
  view: (image) => ({ ...centered(image, size, side), mirror: false }),
  inputSize: size,
  side,
})

/** The CIFAR recipe: pads each side with black by an eighth of the size, crops at random, and mirrors half of the images. */
const cropFlip = (size: number): Transform => {
  const pad = Math.floor(size / 8)
  const moved = (axis: Axis, by: number): Axis => ({ ...axis, start: axis.start + by })
  return {
    ...still(size, size),
    view: (image, random) => {
      const [left, top] = [random.integer(2 * pad + 1) - pad, random.integer(2 * pad + 1) - pad]
      const { x, y } = centered(image, size, size)
      return { x: moved(x, left), y: moved(y, top), mirror: random.integer(2) === 1 }
    },
  }
}

const scale = [0.08, 1] as const
const ratio = [3 / 4, 4 / 3] as const

/** The box of torchvision's RandomResizedCrop: ten attempts, then the largest centered box within the ratios. */
export function randomBox({ width, height }: Size, random: Random): Box {
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
  view: (image, random) => {
    const { left, top, width, height } = randomBox(image, random)
    const axis = (from: number, length: number): Axis => ({ from, length, out: size, start: 0, low: 0, high: size })
    return { x: axis(left, width), y: axis(top, height), mirror: random.integer(2) === 1 }
  },
  inputSize: size,
  side: imagenetSide(size),
})

/** The transform for images stored at `side`, or at the side that it needs if that is larger. */
const storedAt = (transform: Transform, side: number | null): Transform =>
  side === null ? transform : { ...transform, side: Math.max(side, transform.side) }

function trainingOf(augmentation: Augmentation, inputSize: number): Transform {
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

/**
 * The transform of training images. With `none` an image of `inputSize` passes unchanged; others are resized and cropped at
 * the center. `storedSide`: the shorter side of stored images in pixels; null for the side that the augmentation needs.
 */
export const trainTransform = (
  augmentation: Augmentation,
  inputSize: number,
  storedSide: number | null = null,
): Transform => storedAt(trainingOf(augmentation, inputSize), storedSide)

/** The transform of validation images, without randomness. With random-resized-crop it resizes by the ImageNet recipe's 256/224 before the center crop. */
export const evaluationTransform = (
  augmentation: Augmentation,
  inputSize: number,
  storedSide: number | null = null,
): Transform => storedAt(still(inputSize, resizedSide(augmentation, inputSize)), storedSide)
