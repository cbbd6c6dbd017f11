/** The orientation of an image file, and how its pixels are turned upright. One for all hosts and formats. */
import type { Pixels } from '../source.ts'
import { isJpeg, isPng } from './damage.ts'
import { orientationInExif, orientationInXmp } from './exif.ts'
import { type Metadata, metadataOfJpeg, metadataOfPng, metadataOfWebp } from './metadata.ts'
import type { Memory } from './resize.ts'
import { isWebp } from './webp.ts'

/** Upright, and what every missing or invalid orientation means. */
const upright = 1

function orientationIn({ exif, xmp }: Metadata): number {
  const found = (exif && orientationInExif(exif)) ?? (xmp === null ? null : orientationInXmp(xmp)) ?? upright
  return Number.isInteger(found) && found >= 1 && found <= 8 ? found : upright
}

/** EXIF orientation of a file, 1 to 8. */
export async function orientationOf(bytes: Uint8Array): Promise<number> {
  if (isJpeg(bytes)) return orientationIn(metadataOfJpeg(bytes))
  if (isPng(bytes)) return orientationIn(await metadataOfPng(bytes))
  return isWebp(bytes) ? orientationIn(metadataOfWebp(bytes)) : upright
}

/** Whether an orientation swaps rows and columns. */
const isTransposed = (orientation: number) => orientation >= 5
/** Whether the first pixel of an upright row, or the first row, comes from the end of the stored rows or columns. */
const fromRight = (orientation: number) => [2, 3, 7, 8].includes(orientation)
const fromBottom = (orientation: number) => [3, 4, 6, 7].includes(orientation)

type Size = Pick<Pixels, 'width' | 'height'>

/** The upright size of stored pixels. */
export const turnedSize = ({ width, height }: Size, orientation: number): Size =>
  isTransposed(orientation) ? { width: height, height: width } : { width, height }

/** Turns stored pixels upright; fills `memory` and returns it unless they are upright already. */
export function turned(pixels: Pixels, orientation: number, memory: Memory): Pixels {
  if (orientation === upright) return pixels
  const { width: columns, height: rows, data: from } = pixels
  const swapped = isTransposed(orientation)
  const { width, height } = turnedSize(pixels, orientation)
  const first = (fromBottom(orientation) ? rows - 1 : 0) * columns + (fromRight(orientation) ? columns - 1 : 0)
  const along = 3 * (fromRight(orientation) ? -1 : 1)
  const down = 3 * columns * (fromBottom(orientation) ? -1 : 1)
  const [x, y] = swapped ? [down, along] : [along, down]
  const data = memory(3 * width * height)
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0, at = 3 * first + row * y; column < width; column++, at += x, to += 3) {
      data[to] = from[at]
      data[to + 1] = from[at + 1]
      data[to + 2] = from[at + 2]
    }
  }
  return { width, height, data }
}
