/** Brings the samples of a component to the image's size, as libjpeg-turbo does ("fancy upsampling"). */
import type { Component, Frame } from './frame.ts'

/** The samples of one component; rows are `stride` apart and may be padded. */
export interface Samples {
  readonly data: Uint8Array
  readonly stride: number
  readonly width: number
  readonly height: number
}

/** Returns the sample at column x of row y of the image. */
type Sampler = (x: number, y: number) => number

/** The other of the two nearest samples, or the nearest itself at a border. */
const other = (nearest: number, position: number, count: number) =>
  Math.min(count - 1, Math.max(0, position & 1 ? nearest + 1 : nearest - 1))

/** Interpolates between two columns; rounds down and up alternately. */
function wide({ data, stride, width }: Samples): Sampler {
  return (x, y) => {
    const near = x >> 1
    const far = other(near, x, width)
    return near === far
      ? data[y * stride + near]
      : (3 * data[y * stride + near] + data[y * stride + far] + 1 + (x & 1)) >> 2
  }
}

function tall({ data, stride, height }: Samples): Sampler {
  return (x, y) => {
    const near = y >> 1
    return (3 * data[near * stride + x] + data[other(near, y, height) * stride + x] + 1 + (y & 1)) >> 2
  }
}

function wideAndTall({ data, stride, width, height }: Samples): Sampler {
  return (x, y) => {
    const [column, row] = [x >> 1, y >> 1]
    const [near, far] = [row * stride, other(row, y, height) * stride]
    const mixed = (at: number) => 3 * data[near + at] + data[far + at]
    return (3 * mixed(column) + mixed(other(column, x, width)) + 8 - (x & 1)) >> 4
  }
}

const repeated =
  ({ data, stride }: Samples, across: number, down: number): Sampler =>
  (x, y) =>
    data[Math.floor(y / down) * stride + Math.floor(x / across)]

/** libjpeg-turbo interpolates columns only where there are more than two. */
function samplerOf(samples: Samples, component: Component, frame: Frame): Sampler {
  const [across, down] = [frame.across / component.across, frame.down / component.down]
  if (!Number.isInteger(across) || !Number.isInteger(down)) throw new Error('unsupported JPEG (fractional sampling)')
  const isBroad = samples.width > 2
  if (across === 2 && down === 1 && isBroad) return wide(samples)
  if (across === 2 && down === 2 && isBroad) return wideAndTall(samples)
  return across === 1 && down === 2 ? tall(samples) : repeated(samples, across, down)
}

/** The samples of a component at the image's size [height · width]. */
export function upsampled(samples: Samples, component: Component, frame: Frame): Uint8Array {
  const { width, height } = frame
  const sample = samplerOf(samples, component, frame)
  const plane = new Uint8Array(width * height)
  for (let y = 0, to = 0; y < height; y++) for (let x = 0; x < width; x++) plane[to++] = sample(x, y)
  return plane
}
