/**
 * Bilinear resampling with antialiasing: a triangle filter whose support grows with the downscaling factor, first along
 * rows, then along columns, in Pillow's fixed-point arithmetic. Gives the bytes that Pillow's Image.resize(…, BILINEAR)
 * gives, and so those of torchvision's transforms on Pillow images.
 */
import type { Pixels } from './source.ts'

/** A part of an image, in pixels; may be fractional nowhere. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Fixed-point weights have so many bits behind the point: as many as let 255 times their sum fit into 32 bits. */
const precision = 22
const one = 2 ** precision
const half = one / 2

/** Of each output position: the first input position, how many there are, and their weights (at `widest` · position). */
interface Taps {
  readonly from: Int32Array
  readonly count: Int32Array
  readonly widest: number
  readonly weights: Int32Array
}

function tapsOf(length: number, out: number): Taps {
  const scale = length / out
  const support = Math.max(scale, 1)
  const widest = 2 * Math.ceil(support) + 1
  const taps = { from: new Int32Array(out), count: new Int32Array(out), widest, weights: new Int32Array(out * widest) }
  for (let i = 0; i < out; i++) {
    const center = (i + 0.5) * scale
    const first = Math.max(0, Math.floor(center - support + 0.5))
    const last = Math.min(length, Math.floor(center + support + 0.5))
    const raw = Array.from({ length: last - first }, (_, j) =>
      Math.max(0, 1 - Math.abs((j + first - center + 0.5) / support)),
    )
    const sum = raw.reduce((a, b) => a + b, 0)
    taps.from[i] = first
    taps.count[i] = raw.length
    for (const [j, weight] of raw.entries()) taps.weights[i * widest + j] = Math.floor(0.5 + (weight / sum) * one)
  }
  return taps
}

/** Rows [box.height · out · 3] of the box, `out` pixels wide. */
function alongRows({ width: stride, data }: Pixels, box: Box, out: number): Uint8Array {
  const { from, count, widest, weights } = tapsOf(box.width, out)
  const rows = new Uint8Array(box.height * out * 3)
  for (let y = 0, to = 0; y < box.height; y++) {
    const row = ((box.top + y) * stride + box.left) * 3
    for (let x = 0; x < out; x++, to += 3) {
      let [r, g, b] = [half, half, half]
      let at = row + from[x] * 3
      for (let k = x * widest, end = k + count[x]; k < end; k++, at += 3) {
        const weight = weights[k]
        r += weight * data[at]
        g += weight * data[at + 1]
        b += weight * data[at + 2]
      }
      rows[to] = r >> precision
      rows[to + 1] = g >> precision
      rows[to + 2] = b >> precision
    }
  }
  return rows
}

/** Rows [out · width · 3] from `rows` [height · width · 3]. */
function alongColumns(rows: Uint8Array, width: number, height: number, out: number): Uint8Array {
  const { from, count, widest, weights } = tapsOf(height, out)
  const stride = width * 3
  const columns = new Uint8Array(out * stride)
  const sums = new Int32Array(stride)
  for (let y = 0; y < out; y++) {
    sums.fill(half)
    for (let k = 0; k < count[y]; k++) {
      const weight = weights[y * widest + k]
      const row = (from[y] + k) * stride
      for (let i = 0; i < stride; i++) sums[i] += weight * rows[row + i]
    }
    const to = y * stride
    for (let i = 0; i < stride; i++) columns[to + i] = sums[i] >> precision
  }
  return columns
}

/** Resizes the `box` of an image to width × height. */
export function resizeBox(image: Pixels, box: Box, width: number, height: number): Pixels {
  const rows = box.width === width ? cropBox(image, box).data : alongRows(image, box, width)
  return { width, height, data: box.height === height ? rows : alongColumns(rows, width, box.height, height) }
}

export const wholeBox = ({ width, height }: Pick<Pixels, 'width' | 'height'>): Box => ({
  left: 0,
  top: 0,
  width,
  height,
})

/** Width and height with the shorter side `side`, as torchvision's Resize(side) rounds them. */
export function shorterSize({ width, height }: Pick<Pixels, 'width' | 'height'>, side: number) {
  const other = (length: number, shorter: number) => Math.max(side, Math.floor((side * length) / shorter))
  return width <= height ? { width: side, height: other(height, width) } : { width: other(width, height), height: side }
}

/** Resizes so that the shorter side has `side` pixels, as torchvision's Resize(side). Same size: the same image. */
export function resizeShorter(image: Pixels, side: number): Pixels {
  if (Math.min(image.width, image.height) === side) return image
  const { width, height } = shorterSize(image, side)
  return resizeBox(image, wholeBox(image), width, height)
}

/** The image with a shorter side of at most `side` pixels: smaller ones stay as they are. */
export const shrinkShorter = (image: Pixels, side: number): Pixels =>
  Math.min(image.width, image.height) <= side ? image : resizeShorter(image, side)

/** The part of an image that is in the box. */
export function cropBox(image: Pixels, { left, top, width, height }: Box): Pixels {
  if (width === image.width && height === image.height) return image
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3
    data.set(image.data.subarray(from, from + width * 3), y * width * 3)
  }
  return { width, height, data }
}
