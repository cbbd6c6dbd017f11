/**
 * Bilinear resampling with antialiasing: a triangle filter whose support grows with the downscaling factor, first along
 * rows, then along columns, in Pillow's fixed-point arithmetic. Returns the same bytes as Pillow's
 * Image.resize(…, BILINEAR), and so as torchvision's transforms of Pillow images.
 */

import type { Pixels } from '../source.ts'
import { createScratch } from './scratch.ts'

/** A part of an image, in whole pixels. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Fractional bits of the fixed-point weights: the most for which 255 times their sum fits into 32 bits. */
const precision = 22
const one = 2 ** precision
const half = one / 2

/** For each output position: the first of its `count` input positions, and their weights. */
interface Taps {
  readonly from: Int32Array
  readonly count: number
  /** [out · count]; 0 for positions that an output does not need. */
  readonly weights: Int32Array
}

/** The first input position of an output, and its weights. */
function weightsAt(i: number, length: number, out: number): { readonly first: number; readonly weights: number[] } {
  const scale = length / out
  const support = Math.max(scale, 1)
  const center = (i + 0.5) * scale
  const first = Math.max(0, Math.floor(center - support + 0.5))
  const last = Math.min(length, Math.floor(center + support + 0.5))
  const raw = Array.from({ length: last - first }, (_, j) =>
    Math.max(0, 1 - Math.abs((j + first - center + 0.5) / support)),
  )
  const sum = raw.reduce((a, b) => a + b, 0)
  return { first, weights: raw.map((weight) => Math.floor(0.5 + (weight / sum) * one)) }
}

function tapsOf(length: number, out: number): Taps {
  const all = Array.from({ length: out }, (_, i) => weightsAt(i, length, out))
  const count = all.reduce((most, { weights }) => Math.max(most, weights.length), 1)
  const taps = { from: new Int32Array(out), count, weights: new Int32Array(out * count) }
  for (const [i, { first, weights }] of all.entries()) {
    // Every output has `count` positions inside the image; some have weight 0.
    taps.from[i] = Math.min(first, length - count)
    taps.weights.set(weights, i * count + first - taps.from[i])
  }
  return taps
}

/** Resizes the rows of the box to `out` pixels; fills `rows` [box.height · out · 3]. */
function alongRows({ width: stride, data }: Pixels, box: Box, out: number, rows: Uint8Array): Uint8Array {
  const { from, count, weights } = tapsOf(box.width, out)
  for (let y = 0, to = 0; y < box.height; y++) {
    const row = ((box.top + y) * stride + box.left) * 3
    for (let x = 0, k = 0; x < out; x++, to += 3) {
      let at = row + from[x] * 3
      // With Math.imul and | 0 the sums are 32-bit integers, which is three times as fast.
      const weight = weights[k++]
      let r = (half + Math.imul(weight, data[at])) | 0
      let g = (half + Math.imul(weight, data[at + 1])) | 0
      let b = (half + Math.imul(weight, data[at + 2])) | 0
      for (let n = 1; n < count; n++) {
        at += 3
        const next = weights[k++]
        r = (r + Math.imul(next, data[at])) | 0
        g = (g + Math.imul(next, data[at + 1])) | 0
        b = (b + Math.imul(next, data[at + 2])) | 0
      }
      rows[to] = r >> precision
      rows[to + 1] = g >> precision
      rows[to + 2] = b >> precision
    }
  }
  return rows
}

/** Fills `columns` [out · width · 3] from `rows` [height · width · 3]. Adds three rows at a time to save memory traffic. */
function alongColumns(rows: Uint8Array, width: number, height: number, out: number, columns: Uint8Array): Uint8Array {
  const { from, count, weights } = tapsOf(height, out)
  const stride = width * 3
  const sums = new Int32Array(stride)
  for (let y = 0; y < out; y++) {
    const start = from[y] * stride
    const to = y * stride
    sums.fill(half)
    let k = 0
    for (; k + 3 < count; k += 3) addThree(sums, rows, start + k * stride, stride, weights, y * count + k)
    finish(sums, rows, start + k * stride, stride, weights, y * count + k, count - k, columns, to)
  }
  return columns
}

function addThree(
  sums: Int32Array,
  rows: Uint8Array,
  at: number,
  stride: number,
  weights: Int32Array,
  k: number,
): void {
  const [a, b, c] = [weights[k], weights[k + 1], weights[k + 2]]
  for (let i = 0, p = at, q = at + stride, r = q + stride; i < stride; i++, p++, q++, r++) {
    sums[i] = (sums[i] + Math.imul(a, rows[p]) + Math.imul(b, rows[q]) + Math.imul(c, rows[r])) | 0
  }
}

/** Adds the last one to three rows, and rounds. */
function finish(
  sums: Int32Array,
  rows: Uint8Array,
  at: number,
  stride: number,
  weights: Int32Array,
  k: number,
  count: number,
  out: Uint8Array,
  to: number,
): void {
  const a = weights[k]
  const b = count > 1 ? weights[k + 1] : 0
  const c = count > 2 ? weights[k + 2] : 0
  const second = count > 1 ? at + stride : at
  const third = count > 2 ? second + stride : at
  for (let i = 0; i < stride; i++) {
    const sum = sums[i] + Math.imul(a, rows[at + i]) + Math.imul(b, rows[second + i]) + Math.imul(c, rows[third + i])
    out[to + i] = sum >> precision
  }
}

/** Returns a buffer of a length in bytes for an image. */
export type Memory = (length: number) => Uint8Array

const fresh: Memory = (length) => new Uint8Array(length)
const scratch = createScratch()

/** Resizes the `box` of an image to width × height. */
export function resizeBox(image: Pixels, box: Box, width: number, height: number, memory: Memory = fresh): Pixels {
  const length = width * height * 3
  if (box.height === height) {
    const data = box.width === width ? cropBox(image, box).data : alongRows(image, box, width, memory(length))
    return { width, height, data }
  }
  const rows =
    box.width === width ? cropBox(image, box).data : alongRows(image, box, width, scratch(3 * width * box.height))
  return { width, height, data: alongColumns(rows, width, box.height, height, memory(length)) }
}

export const wholeBox = ({ width, height }: Pick<Pixels, 'width' | 'height'>): Box => ({
  left: 0,
  top: 0,
  width,
  height,
})

/** Width and height for a shorter side of `side` pixels, rounded like torchvision's Resize(side). */
export function shorterSize({ width, height }: Pick<Pixels, 'width' | 'height'>, side: number) {
  const other = (length: number, shorter: number) => Math.max(side, Math.floor((side * length) / shorter))
  return width <= height ? { width: side, height: other(height, width) } : { width: other(width, height), height: side }
}

/** Resizes the shorter side to `side` pixels, like torchvision's Resize(side). Returns an image of that size unchanged. */
export function resizeShorter(image: Pixels, side: number, memory: Memory = fresh): Pixels {
  if (Math.min(image.width, image.height) === side) return image
  const { width, height } = shorterSize(image, side)
  return resizeBox(image, wholeBox(image), width, height, memory)
}

/** Resizes an image whose shorter side has more than `side` pixels; returns others unchanged. */
export const shrinkShorter = (image: Pixels, side: number, memory: Memory = fresh): Pixels =>
  Math.min(image.width, image.height) <= side ? image : resizeShorter(image, side, memory)

/** Copies the part of an image inside the box; returns the image itself for the whole. */
export function cropBox(image: Pixels, { left, top, width, height }: Box): Pixels {
  if (width === image.width && height === image.height) return image
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3
    data.set(image.data.subarray(from, from + width * 3), y * width * 3)
  }
  return { width, height, data }
}
