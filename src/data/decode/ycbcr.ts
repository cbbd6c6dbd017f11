/**
 * Converts the Y, Cb and Cr planes of a JPEG to RGB, in the integer arithmetic of libjpeg-turbo: interpolates subsampled
 * chroma linearly ("fancy upsampling") where a plane has more than two columns, repeats it elsewhere, then applies the
 * JFIF conversion. Returns the same bytes as libjpeg-turbo.
 */
import type { Pixels } from '../source.ts'

export interface Plane {
  readonly offset: number
  readonly stride: number
}

/** Chroma subsampling: `I444` has none, `I422` halves the width, `I420` halves width and height. */
export type Subsampling = 'I444' | 'I422' | 'I420'

/** Fixed-point numbers with 16 fractional bits. */
const fixed = (value: number) => Math.floor(value * 65536 + 0.5)
const half = 32768

const chroma = (by: number, rounding: number) =>
  Int32Array.from({ length: 256 }, (_, i) => (fixed(by) * (i - 128) + rounding) >> 16)
const redOfCr = chroma(1.402, half)
const blueOfCb = chroma(1.772, half)
const greenOfCr = Int32Array.from({ length: 256 }, (_, i) => -fixed(0.71414) * (i - 128))
const greenOfCb = Int32Array.from({ length: 256 }, (_, i) => -fixed(0.34414) * (i - 128) + half)

/** Clamps values from −256 to 511 to 0 … 255; a table is twice as fast as comparisons. */
const below = 256
const clamped = Uint8Array.from({ length: 768 }, (_, i) => Math.min(255, Math.max(0, i - below)))

/** One pixel at a time, for rare conversions. */
export const clampedRed = (y: number, cr: number): number => clamped[below + y + redOfCr[cr]]
export const clampedGreen = (y: number, cb: number, cr: number): number =>
  clamped[below + y + ((greenOfCb[cb] + greenOfCr[cr]) >> 16)]
export const clampedBlue = (y: number, cb: number): number => clamped[below + y + blueOfCb[cb]]

/** Doubles a row: each value is 3/4 of the nearer and 1/4 of the farther input, rounded down and up alternately. */
function widen(planes: Uint8Array, at: number, count: number, out: Uint8Array): void {
  out[0] = planes[at]
  out[1] = (3 * planes[at] + planes[at + 1] + 2) >> 2
  for (let i = 1; i < count - 1; i++) {
    const near = 3 * planes[at + i]
    out[2 * i] = (near + planes[at + i - 1] + 1) >> 2
    out[2 * i + 1] = (near + planes[at + i + 1] + 2) >> 2
  }
  const last = at + count - 1
  out[2 * count - 2] = (3 * planes[last] + planes[last - 1] + 1) >> 2
  out[2 * count - 1] = planes[last]
}

/** Doubles a row that is 3/4 of the row at `near` and 1/4 of the row at `far`. */
function widenBetween(planes: Uint8Array, near: number, far: number, count: number, out: Uint8Array): void {
  let before = 0
  let here = 3 * planes[near] + planes[far]
  for (let i = 0; i < count; i++) {
    const after = i + 1 < count ? 3 * planes[near + i + 1] + planes[far + i + 1] : 0
    out[2 * i] = i === 0 ? (4 * here + 8) >> 4 : (3 * here + before + 8) >> 4
    out[2 * i + 1] = i + 1 === count ? (4 * here + 7) >> 4 : (3 * here + after + 7) >> 4
    before = here
    here = after
  }
}

/** Repeats each value of a row. */
function double(planes: Uint8Array, at: number, count: number, out: Uint8Array): void {
  for (let i = 0; i < count; i++) out.fill(planes[at + i], 2 * i, 2 * i + 2)
}

function convert(
  planes: Uint8Array,
  at: number,
  cb: Uint8Array,
  cr: Uint8Array,
  width: number,
  out: Uint8Array,
  to: number,
): void {
  for (let x = 0, i = to; x < width; x++, i += 3) {
    const y = planes[at + x] + below
    const [b, r] = [cb[x], cr[x]]
    out[i] = clamped[y + redOfCr[r]]
    out[i + 1] = clamped[y + ((greenOfCb[b] + greenOfCr[r]) >> 16)]
    out[i + 2] = clamped[y + blueOfCb[b]]
  }
}

/** Returns the chroma values of row `y` at the image's width; may fill and return `out`. */
type Upsample = (planes: Uint8Array, plane: Plane, y: number, out: Uint8Array) => Uint8Array

function upsampling(subsampling: Subsampling, width: number, height: number): Upsample {
  const [columns, rows] = [(width + 1) >> 1, (height + 1) >> 1]
  const isNarrow = columns <= 2
  switch (subsampling) {
    case 'I444':
      return (planes, { offset, stride }, y) => planes.subarray(offset + y * stride, offset + y * stride + width)
    case 'I422':
      return (planes, { offset, stride }, y, out) => {
        const along = isNarrow ? double : widen
        along(planes, offset + y * stride, columns, out)
        return out
      }
    case 'I420':
      return (planes, { offset, stride }, y, out) => {
        const near = y >> 1
        if (isNarrow) {
          double(planes, offset + near * stride, columns, out)
          return out
        }
        const far = Math.min(rows - 1, Math.max(0, y & 1 ? near + 1 : near - 1))
        widenBetween(planes, offset + near * stride, offset + far * stride, columns, out)
        return out
      }
    default:
      return subsampling satisfies never
  }
}

/** `layout`: offsets of Y, Cb and Cr in `planes`, and bytes of their rows. Fills `data` [height · width · 3]. */
export function rgbOf(
  planes: Uint8Array,
  layout: readonly [Plane, Plane, Plane],
  subsampling: Subsampling,
  { width, height }: Pick<Pixels, 'width' | 'height'>,
  data: Uint8Array,
): Pixels {
  const [luma, blue, red] = layout
  const row = upsampling(subsampling, width, height)
  const [cb, cr] = [new Uint8Array(width + 1), new Uint8Array(width + 1)]
  for (let y = 0; y < height; y++) {
    const at = luma.offset + y * luma.stride
    convert(planes, at, row(planes, blue, y, cb), row(planes, red, y, cr), width, data, y * width * 3)
  }
  return { width, height, data }
}
