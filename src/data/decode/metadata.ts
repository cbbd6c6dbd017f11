/** Finds the EXIF and XMP data of JPEG, PNG and WebP files, where Pillow looks for them. */

import { joined } from '../../joined.ts'
import { big16, big32 } from './big-endian.ts'
import { ascii } from './bytes.ts'
import { inflated } from './inflate.ts'
import { webpChunks } from './webp.ts'

export interface Metadata {
  readonly exif: Uint8Array | null
  readonly xmp: string | null
}

const textOfBytes = (bytes: Uint8Array) => ascii(bytes, 0, bytes.length)

const application1 = 0xe1
const adobe = 0xee
const scan = 0xda
/** Markers without a length: restarts, start and end of image. */
const isBare = (marker: number) => marker >= 0xd0 && marker <= 0xd9

interface Segment {
  readonly marker: number
  /** Positions of the marker and of the end. */
  readonly at: number
  readonly end: number
}

/** A JPEG's segments before the first scan. */
function* jpegSegments(bytes: Uint8Array): Generator<Segment> {
  for (let at = 2; at + 4 <= bytes.length && bytes[at + 1] !== scan; ) {
    const marker = bytes[at + 1]
    if (bytes[at] !== 0xff || marker === 0xff) at++
    else if (marker === 0 || isBare(marker)) at += 2
    else {
      const end = Math.min(bytes.length, at + 2 + Math.max(2, big16(bytes, at + 2)))
      yield { marker, at, end }
      at = end
    }
  }
}

const isMetadata = ({ marker }: Segment) => marker >= application1 && marker <= 0xef && marker !== adobe

/** A JPEG without its orientation and color profile: a browser turns what it decodes. Adobe's marker is part of the coding. */
export function withoutMetadata(bytes: Uint8Array): Uint8Array {
  const dropped = [...jpegSegments(bytes)].filter(isMetadata)
  const kept = dropped.map(({ at }, i) => bytes.subarray(dropped[i - 1]?.end ?? 0, at))
  return dropped.length === 0 ? bytes : joined([...kept, bytes.subarray(dropped.at(-1)?.end)])
}

const exifName = 'Exif\0\0'
const xmpName = 'http://ns.adobe.com/xap/1.0/\0'

/** Several EXIF segments are parts of one block; of several XMP segments the last counts. */
export function metadataOfJpeg(bytes: Uint8Array): Metadata {
  const exif: Uint8Array[] = []
  let xmp: string | null = null
  for (const { marker, at, end } of jpegSegments(bytes)) {
    if (marker !== application1) continue
    const body = bytes.subarray(at + 4, end)
    const name = ascii(body, 0, xmpName.length)
    if (name.startsWith(exifName)) exif.push(body.subarray(exifName.length))
    else if (name === xmpName) xmp = textOfBytes(body)
  }
  return { exif: exif.length > 1 ? joined(exif) : (exif[0] ?? null), xmp }
}

/** Pillow refuses longer texts. */
const longestText = 2 ** 20

/** Unpacks a text; null for a damaged or longer one. */
async function textIn(packed: Uint8Array): Promise<Uint8Array | null> {
  const text = await inflated(packed, longestText + 1)
  return text && text.length <= longestText ? text : null
}

interface Chunk {
  readonly type: string
  readonly body: Uint8Array
}

/** The chunks of a PNG up to its end, or up to the frames that follow its image. */
function* pngChunks(bytes: Uint8Array): Generator<Chunk> {
  let image = false
  for (let at = 8; at + 12 <= bytes.length; ) {
    const [length, type] = [big32(bytes, at), ascii(bytes, at + 4, at + 8)]
    if (type === 'IEND' || (image && type === 'fcTL')) return
    image ||= type === 'IDAT'
    yield { type, body: bytes.subarray(at + 8, at + 8 + length) }
    at += 12 + length
  }
}

const afterZero = (bytes: Uint8Array, from: number) => {
  const zero = bytes.indexOf(0, from)
  return zero < 0 ? bytes.length : zero + 1
}

/** The text of a tEXt, zTXt or iTXt chunk; null if it cannot be read. */
function textOf({ type, body }: Chunk): Promise<Uint8Array | null> {
  const start = afterZero(body, 0)
  if (type === 'tEXt') return Promise.resolve(body.subarray(start))
  if (type === 'zTXt') return textIn(body.subarray(start + 1))
  const text = body.subarray(afterZero(body, afterZero(body, start + 2)))
  return body[start] ? textIn(text) : Promise.resolve(text)
}

const texts = ['tEXt', 'zTXt', 'iTXt']
const rawProfile = 'Raw profile type exif'
const adobeXmp = 'XML:com.adobe.xmp'

/** Reads the hexadecimal digits from the fourth line on. */
function bytesOfHex(text: string): Uint8Array | null {
  const digits = text.split('\n').slice(3).join('').replaceAll(/\s/g, '')
  if (!/^([0-9a-f]{2})*$/i.test(digits)) return null
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

/** Of several chunks with the same name the last counts; an eXIf chunk counts before a text with EXIF data. */
export async function metadataOfPng(bytes: Uint8Array): Promise<Metadata> {
  let [exif, profile, xmp]: [Uint8Array | null, Uint8Array | null, string | null] = [null, null, null]
  for (const chunk of pngChunks(bytes)) {
    if (chunk.type === 'eXIf') exif = chunk.body
    if (!texts.includes(chunk.type)) continue
    const key = ascii(chunk.body, 0, afterZero(chunk.body, 0) - 1)
    if (key !== rawProfile && key !== adobeXmp) continue
    const text = textOfBytes((await textOf(chunk)) ?? new Uint8Array())
    if (key === rawProfile) profile = bytesOfHex(text)
    else xmp = text
  }
  return { exif: exif ?? profile, xmp }
}

const exifFlag = 0x08
const xmpFlag = 0x04

/** Only an extended WebP whose flags announce EXIF or XMP has it; the first chunk of a kind counts. */
export function metadataOfWebp(bytes: Uint8Array): Metadata {
  const chunks = [...webpChunks(bytes)]
  const flags = chunks[0]?.type === 'VP8X' ? chunks[0].body[0] : 0
  const bodyOf = (type: string, flag: number) =>
    (flags & flag && chunks.find((chunk) => chunk.type === type)?.body) || null
  const xmp = bodyOf('XMP ', xmpFlag)
  return { exif: bodyOf('EXIF', exifFlag), xmp: xmp && textOfBytes(xmp) }
}
