/** Finds truncated and damaged files, which decoders tolerate differently, so that every host leaves out the same images. */

import { crc32 } from '../crc32.ts'
import { bmpDamage } from './bmp.ts'
import { jpegDamage } from './damage-jpeg.ts'
import { otherFormat } from './damage-other.ts'

const starts = (bytes: Uint8Array, ...head: number[]) => head.every((value, i) => bytes[i] === value)

export const isJpeg = (bytes: Uint8Array): boolean => starts(bytes, 0xff, 0xd8, 0xff)
export const isBmp = (bytes: Uint8Array): boolean => bytes.length >= 10 && starts(bytes, 0x42, 0x4d)
export const isPng = (bytes: Uint8Array): boolean => starts(bytes, 0x89, 0x50, 0x4e, 0x47)

const latin = new TextDecoder('latin1')
const ascii = (bytes: Uint8Array, from: number, to: number) => latin.decode(bytes.subarray(from, to))

/** Chunks that a decoder may ignore start with a lowercase letter. */
const isCritical = (type: string) => /^[A-Z]/.test(type)

function pngDamage(bytes: Uint8Array): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let data = false
  for (let at = 8; at + 12 <= bytes.length; ) {
    const [end, type] = [at + 8 + view.getUint32(at), ascii(bytes, at + 4, at + 8)]
    if (end + 4 > bytes.length) break
    if (at === 8 && type !== 'IHDR') return 'the PNG header is damaged'
    if (isCritical(type) && crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end))
      return `the PNG is damaged (wrong checksum of ${type.replace(/[^a-z]/gi, '?')})`
    if (type === 'IEND') return data ? null : 'the PNG contains no image'
    data ||= type === 'IDAT'
    at = end + 4
  }
  return 'the PNG is truncated'
}

/** Position after a GIF's sequence of blocks; -1 if it is truncated. */
function afterBlocks(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] !== 0) at += bytes[at] + 1
  return at < bytes.length ? at + 1 : -1
}

/** Bytes of a GIF's color table, according to its flags. */
const colorBytes = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)

/** A GIF must contain its whole first image. */
function gifDamage(bytes: Uint8Array): string | null {
  let at = bytes.length < 13 ? -1 : 13 + colorBytes(bytes[10])
  while (at >= 0 && bytes[at] === 0x21) at = afterBlocks(bytes, at + 2)
  if (at < 0 || at + 10 >= bytes.length) return 'the GIF is truncated'
  if (bytes[at] !== 0x2c) return bytes[at] === 0x3b ? 'the GIF contains no image' : 'the GIF is damaged'
  const whole = afterBlocks(bytes, at + 11 + colorBytes(bytes[at + 9])) >= 0
  return whole ? null : 'the GIF is truncated'
}

const little32 = (bytes: Uint8Array, at: number) =>
  bytes.length < at + 4 ? Number.POSITIVE_INFINITY : new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true)

/** Compares the file with the length that its header states. */
const shorter = (bytes: Uint8Array, length: number, format: string) =>
  bytes.length < length ? `the ${format} is truncated` : null

/** The defect of a file's bytes, or null. Takes time in proportion to their number. */
export function damageOf(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return 'the file is empty'
  if (isJpeg(bytes)) return jpegDamage(bytes)
  if (isPng(bytes)) return pngDamage(bytes)
  const head = ascii(bytes, 0, 12)
  if (head.startsWith('GIF8')) return gifDamage(bytes)
  if (/^RIFF.{4}WEBP/s.test(head)) return shorter(bytes, 8 + little32(bytes, 4), 'WebP')
  if (isBmp(bytes)) return bmpDamage(bytes)
  return otherFormat(bytes)
}
