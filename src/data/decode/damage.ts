/** Finds truncated and damaged files, which decoders tolerate differently, so that every host leaves out the same images. */

import { bmpDamage } from './bmp.ts'
import { jpegDamage, withJpegEnd } from './damage-jpeg.ts'
import { otherFormat } from './damage-other.ts'
import { pngDamage, withPngEnd } from './damage-png.ts'
import { gifDamage, isGif } from './gif.ts'
import { isWebp } from './webp.ts'

const starts = (bytes: Uint8Array, ...head: number[]) => head.every((value, i) => bytes[i] === value)

export const isJpeg = (bytes: Uint8Array): boolean => starts(bytes, 0xff, 0xd8, 0xff)
export const isBmp = (bytes: Uint8Array): boolean => bytes.length >= 10 && starts(bytes, 0x42, 0x4d)
export const isPng = (bytes: Uint8Array): boolean => starts(bytes, 0x89, 0x50, 0x4e, 0x47)

/** The same file, with the end that it lacks. Call it for a file without damage. */
export function withEnd(bytes: Uint8Array): Uint8Array {
  if (isJpeg(bytes)) return withJpegEnd(bytes)
  return isPng(bytes) ? withPngEnd(bytes) : bytes
}

const little32 = (bytes: Uint8Array, at: number) =>
  bytes.length < at + 4 ? Number.POSITIVE_INFINITY : new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true)

/** Every chunk must lie within the length that the header states, and that within the file. */
function webpDamage(bytes: Uint8Array): string | null {
  const stated = 8 + little32(bytes, 4)
  let at = Math.min(12, stated)
  while (at + 8 <= Math.min(stated, bytes.length)) {
    const length = little32(bytes, at + 4)
    at += 8 + length
    if (at < stated) at += length % 2
  }
  return stated > bytes.length || at > stated ? 'the WebP is truncated' : null
}

/** The defect of a file's bytes, or null. Takes time in proportion to their number. */
export function damageOf(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return 'the file is empty'
  if (isJpeg(bytes)) return jpegDamage(bytes)
  if (isPng(bytes)) return pngDamage(bytes)
  if (isGif(bytes)) return gifDamage(bytes)
  if (isWebp(bytes)) return webpDamage(bytes)
  if (isBmp(bytes)) return bmpDamage(bytes)
  return otherFormat(bytes)
}
