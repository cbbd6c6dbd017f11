/** Reads facts from the first bytes of an image file, for the audit, without decoding it. */

import type { ImageHeader } from '../source.ts'
import { big16, big32 } from './big-endian.ts'
import { bmpSize } from './bmp-header.ts'
import { ascii } from './bytes.ts'
import { isJpeg, isPng } from './damage.ts'
import { gifSize } from './gif.ts'
import { isWebp, webpSize } from './webp.ts'

/** Start-of-frame segments (ITU T.81, table B.1): C0 … CF except tables, extensions and arithmetic conditioning. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

/** Markers without a length: restarts, start and end of image, and a temporary one. */
const isBare = (marker: number) => (marker >= 0xd0 && marker <= 0xd9) || marker === 0x01

const jpegColors = new Map([
  [1, 'grey'],
  [3, 'rgb'],
  [4, 'cmyk'],
] as const)

function jpegHeader(bytes: Uint8Array): ImageHeader {
  for (let at = 2; at + 9 < bytes.length; ) {
    const marker = bytes[at + 1]
    // Decoders ignore bytes between segments.
    if (bytes[at] !== 0xff || marker === 0xff || marker === 0) at++
    else if (isBare(marker)) at += 2
    else if (isFrame(marker)) {
      const color = jpegColors.get(bytes[at + 9] as 1 | 3 | 4) ?? null
      return { format: 'jpeg', color, size: { height: big16(bytes, at + 5), width: big16(bytes, at + 7) } }
    } else at += 2 + Math.max(2, big16(bytes, at + 2))
  }
  return { format: 'jpeg', color: null, size: null }
}

const pngColors = ['grey', null, 'rgb', 'palette', 'grey', null, 'rgb'] as const

const pngHeader = (bytes: Uint8Array): ImageHeader => ({
  format: 'png',
  color: pngColors[bytes[25]] ?? null,
  size: bytes.length < 26 ? null : { width: big32(bytes, 16), height: big32(bytes, 20) },
})

/** Null for an unsupported format. */
export function headerOf(bytes: Uint8Array): ImageHeader | null {
  if (isJpeg(bytes)) return jpegHeader(bytes)
  if (isPng(bytes)) return pngHeader(bytes)
  if (ascii(bytes, 0, 4) === 'GIF8') return { format: 'gif', color: 'palette', size: gifSize(bytes) }
  if (isWebp(bytes)) return { format: 'webp', color: null, size: webpSize(bytes) }
  return ascii(bytes, 0, 2) === 'BM' ? { format: 'bmp', color: null, size: bmpSize(bytes) } : null
}

const formats: Readonly<Record<string, ImageHeader['format']>> = {
  jpg: 'jpeg',
  jpeg: 'jpeg',
  jpe: 'jpeg',
  jfif: 'jpeg',
  png: 'png',
  apng: 'png',
  gif: 'gif',
  webp: 'webp',
  bmp: 'bmp',
  dib: 'bmp',
}

/** Whether a file's extension contradicts its format. */
export function isMisnamed(path: string, { format }: ImageHeader): boolean {
  const named = formats[path.slice(path.lastIndexOf('.') + 1).toLowerCase()]
  return named !== undefined && named !== format
}

/** Whether a PNG's color type has an alpha channel. */
export const hasAlpha = (png: Uint8Array): boolean => png[25] === 4 || png[25] === 6
