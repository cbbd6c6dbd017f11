/**
 * Bilinear resampling with antialiasing, as Pillow and torchvision have it: a triangle filter whose support grows
 * with the downscaling factor, first along rows, then along columns. Between the passes values stay 32-bit floats
 * (Pillow rounds to 8 bits there), so single values may differ from Pillow's by one.
 */
import type { Pixels } from './source.ts'

/** A part of an image, in pixels; may be fractional nowhere. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

interface Taps {
  readonly from: Int32Array
  readonly weights: Float32Array[]
}

/** For each output position, the first input position and the normalized weights from there. */
function taps(length: number, out: number): Taps {
  const scale = length / out
  const support = Math.max(scale, 1)
  const from = new Int32Array(out)
  const weights = Array.from({ length: out }, (_, i) => {
    const center = (i + 0.5) * scale
    const first = Math.max(0, Math.floor(center - support + 0.5))
    const last = Math.min(length, Math.floor(center + support + 0.5))
    from[i] = first
    const raw = Float64Array.from({ length: last - first }, (_, j) =>
      Math.max(0, 1 - Math.abs(j + first - center + 0.5) / support),
    )
    const sum = raw.reduce((a, b) => a + b, 0)
    return Float32Array.from(raw, (w) => w / sum)
  })
  return { from, weights }
}

/** Resizes the `box` of an image to width × height. */
export function resizeBox({ width: stride, data }: Pixels, box: Box, width: number, height: number): Pixels {
  const across = taps(box.width, width)
  const down = taps(box.height, height)
  const rows = new Float32Array(box.height * width * 3)
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < width; x++) {
      const weights = across.weights[x]
      const start = ((box.top + y) * stride + box.left + across.from[x]) * 3
      for (let c = 0; c < 3; c++) {
        let sum = 0
        for (let i = 0; i < weights.length; i++) sum += weights[i] * data[start + i * 3 + c]
        rows[(y * width + x) * 3 + c] = sum
      }
    }
  }
  const out = new Uint8Array(width * height * 3)
  const row = width * 3
  for (let y = 0; y < height; y++) {
    const weights = down.weights[y]
    for (let i = 0; i < row; i++) {
      let sum = 0
      for (let j = 0; j < weights.length; j++) sum += weights[j] * rows[(down.from[y] + j) * row + i]
      out[y * row + i] = Math.min(255, Math.max(0, Math.round(sum)))
    }
  }
  return { width, height, data: out }
}

export const wholeBox = ({ width, height }: Pixels): Box => ({ left: 0, top: 0, width, height })

/** Resizes so that the shorter side has `side` pixels, as torchvision's Resize(side). Same size: the same image. */
export function resizeShorter(image: Pixels, side: number): Pixels {
  const { width, height } = image
  if (Math.min(width, height) === side) return image
  const other = (length: number, shorter: number) => Math.max(side, Math.floor((side * length) / shorter))
  return width <= height
    ? resizeBox(image, wholeBox(image), side, other(height, width))
    : resizeBox(image, wholeBox(image), other(width, height), side)
}

/** The square of `size` pixels at (left, top), which lies within the image. */
export function cropSquare({ width, data }: Pixels, left: number, top: number, size: number): Pixels {
  const out = new Uint8Array(size * size * 3)
  for (let y = 0; y < size; y++) {
    const from = ((top + y) * width + left) * 3
    out.set(data.subarray(from, from + size * 3), y * size * 3)
  }
  return { width: size, height: size, data: out }
}
