/** Decoders forgive a file that breaks off; this notices it, so that every host leaves out the same images. */

import { crc32 } from '../crc32.ts'
import { bmpRefusal } from './bmp.ts'
import { jpegDamage } from './damage-jpeg.ts'
import { otherFormat } from './damage-other.ts'

const starts = (bytes: Uint8Array, ...head: number[]) => head.every((value, i) => bytes[i] === value)

export const isJpeg = (bytes: Uint8Array): boolean => starts(bytes, 0xff, 0xd8, 0xff)
export const isBmp = (bytes: Uint8Array): boolean => bytes.length >= 10 && starts(bytes, 0x42, 0x4d)
export const isPng = (bytes: Uint8Array): boolean => starts(bytes, 0x89, 0x50, 0x4e, 0x47)

const latin = new TextDecoder('latin1')
const ascii = (bytes: Uint8Array, from: number, to: number) => latin.decode(bytes.subarray(from, to))

/** Chunks that a decoder may leave out have a small first letter. */
const isCritical = (type: string) => /^[A-Z]/.test(type)

function pngDamage(bytes: Uint8Array): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let data = false
  for (let at = 8; at + 12 <= bytes.length; ) {
    const [end, type] = [at + 8 + view.getUint32(at), ascii(bytes, at + 4, at + 8)]
    if (end + 4 > bytes.length) break
    if (at === 8 && type !== 'IHDR') return 'the PNG is damaged in its header'
    if (isCritical(type) && crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end))
      return `the PNG is damaged (wrong checksum of ${type.replace(/[^a-z]/gi, '?')})`
    if (type === 'IEND') return data ? null : 'the PNG holds no picture'
    data ||= type === 'IDAT'
    at = end + 4
  }
  return 'the PNG breaks off before its end'
}

/** Behind a GIF's row of blocks, or -1 where it breaks off. */
function afterBlocks(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] !== 0) at += bytes[at] + 1
  return at < bytes.length ? at + 1 : -1
}

/** Bytes of a GIF's table of colors, by the field that says whether there is one. */
const colorBytes = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)

/** A GIF needs its first picture whole. */
function gifDamage(bytes: Uint8Array): string | null {
  let at = bytes.length < 13 ? -1 : 13 + colorBytes(bytes[10])
  while (at >= 0 && bytes[at] === 0x21) at = afterBlocks(bytes, at + 2)
  if (at < 0 || at + 10 >= bytes.length) return 'the GIF breaks off before its end'
  if (bytes[at] !== 0x2c) return bytes[at] === 0x3b ? 'the GIF holds no picture' : 'the GIF is damaged'
  const whole = afterBlocks(bytes, at + 11 + colorBytes(bytes[at + 9])) >= 0
  return whole ? null : 'the GIF breaks off before its end'
}

const little32 = (bytes: Uint8Array, at: number) =>
  bytes.length < at + 4 ? Number.POSITIVE_INFINITY : new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true)

/** Where a file that says its own length is shorter. */
const shorter = (bytes: Uint8Array, length: number, format: string) =>
  bytes.length < length ? `the ${format} breaks off before its end` : null

/** What is wrong with a file's bytes, or null. Takes time in proportion to their number. */
export function damageOf(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return 'the file is empty'
  if (isJpeg(bytes)) return jpegDamage(bytes)
  if (isPng(bytes)) return pngDamage(bytes)
  const head = ascii(bytes, 0, 12)
  if (head.startsWith('GIF8')) return gifDamage(bytes)
  if (/^RIFF.{4}WEBP/s.test(head)) return shorter(bytes, 8 + little32(bytes, 4), 'WebP')
  if (isBmp(bytes)) return shorter(bytes, little32(bytes, 2), 'BMP') ?? bmpRefusal(bytes)
  return otherFormat(bytes)
}
