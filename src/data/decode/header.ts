/** Reads facts from the first bytes of an image file, for the audit, without decoding it. */

import type { ImageHeader } from '../source.ts'
import { big16, big32 } from './big-endian.ts'
import { isJpeg, isPng } from './damage.ts'

const ascii = (bytes: Uint8Array, from: number, to: number) =>
  new TextDecoder('latin1').decode(bytes.subarray(from, to))

/** Start-of-frame segments (ITU T.81, table B.1): C0 … CF except tables, extensions and arithmetic conditioning. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

const jpegColors = new Map([
  [1, 'grey'],
  [3, 'rgb'],
  [4, 'cmyk'],
] as const)

function jpegHeader(bytes: Uint8Array): ImageHeader {
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1]
    if (marker === 0xff) at++
    else if (isFrame(marker)) {
      const color = jpegColors.get(bytes[at + 9] as 1 | 3 | 4) ?? null
      return { format: 'jpeg', color, size: { height: big16(bytes, at + 5), width: big16(bytes, at + 7) } }
    } else at += 2 + big16(bytes, at + 2)
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
  const unknown = { color: null, size: null }
  if (ascii(bytes, 0, 4) === 'GIF8') return { format: 'gif', color: 'palette', size: null }
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP') return { format: 'webp', ...unknown }
  return ascii(bytes, 0, 2) === 'BM' ? { format: 'bmp', ...unknown } : null
}

const formats: Readonly<Record<string, ImageHeader['format']>> = {
  jpg: 'jpeg',
  jpeg: 'jpeg',
  png: 'png',
  gif: 'gif',
  webp: 'webp',
  bmp: 'bmp',
}

/** Whether a file's extension contradicts its format. */
export function isMisnamed(path: string, { format }: ImageHeader): boolean {
  const named = formats[path.slice(path.lastIndexOf('.') + 1).toLowerCase()]
  return named !== undefined && named !== format
}

/** Whether a PNG's color type has an alpha channel. */
export const hasAlpha = (png: Uint8Array): boolean => png[25] === 4 || png[25] === 6
