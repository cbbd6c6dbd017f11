/** Checks the segments of a JPEG (ITU T.81, annex B) without decoding it. */
import { big16 } from './big-endian.ts'

/** Start-of-frame codes that decoders do not support, with the name of their process. */
const unsupported: Readonly<Record<number, string>> = {
  195: 'lossless',
  197: 'hierarchical',
  198: 'hierarchical',
  199: 'lossless',
  201: 'arithmetic coding',
  202: 'arithmetic coding',
  203: 'lossless',
  205: 'arithmetic coding',
  206: 'arithmetic coding',
  207: 'lossless',
}

const marker = { tables: 0xc4, extension: 0xc8, arithmetic: 0xcc, restart: 0xd0, end: 0xd9, scan: 0xda } as const

const isFrame = (code: number) =>
  code >= 0xc0 && code <= 0xcf && code !== marker.tables && code !== marker.extension && code !== marker.arithmetic
/** Markers without a length: restarts, start of image, and a temporary one. */
const isBare = (code: number) => (code >= marker.restart && code <= 0xd8) || code === 0x01
/** Segments that can occur between scans; decoders ignore other codes in coded data. */
const betweenScans = (code: number) => code === marker.tables || (code >= marker.end && code <= 0xef) || code === 0xfe

function frameDamage(bytes: Uint8Array, at: number, code: number): string | null {
  const kind = unsupported[code]
  if (kind) return `unsupported JPEG (${kind})`
  if (bytes[at + 4] !== 8) return `unsupported JPEG (${bytes[at + 4]} bits per sample)`
  if (big16(bytes, at + 7) === 0) return 'the JPEG has no pixels'
  return null
}

/** Position of the marker that ends coded data; the file's length if there is none. */
function afterScan(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from)
  while (at >= 0 && at + 1 < bytes.length && !betweenScans(bytes[at + 1])) at = bytes.indexOf(0xff, at + 1)
  return at < 0 || at + 1 >= bytes.length ? bytes.length : at
}

const cutOff = 'the JPEG is truncated'

/** The defect of bytes that start like a JPEG; null if its segments are complete. */
export function jpegDamage(bytes: Uint8Array): string | null {
  let [at, framed, scanned] = [2, false, false]
  while (at + 1 < bytes.length) {
    const code = bytes[at + 1]
    if (code === marker.end && bytes[at] === 0xff) return framed && scanned ? null : 'the JPEG contains no image'
    // Decoders ignore bytes between segments.
    if (bytes[at] !== 0xff || code === 0xff || code === 0) at++
    else if (isBare(code)) at += 2
    else {
      const end = at + 2 + big16(bytes, at + 2)
      if (!(end <= bytes.length)) return cutOff
      if (end < at + 4) return 'the JPEG header is damaged'
      const damage = isFrame(code) ? frameDamage(bytes, at, code) : null
      if (damage) return damage
      framed ||= isFrame(code)
      scanned ||= code === marker.scan
      at = code === marker.scan ? afterScan(bytes, end) : end
    }
  }
  return cutOff
}
