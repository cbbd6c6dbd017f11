/**
 * Takes the first image of a WebP (RFC 9649) out of its container, so that decoders see neither the alpha of a lossy image,
 * nor metadata, nor further frames.
 */
import type { Pixels } from '../source.ts'
import { ascii } from './bytes.ts'

const little32 = (bytes: Uint8Array, at: number) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true)
const little24 = (bytes: Uint8Array, at: number) => bytes[at] + 256 * bytes[at + 1] + 65536 * bytes[at + 2]

export const isWebp = (bytes: Uint8Array): boolean => ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP'

export interface WebpChunk {
  readonly type: string
  readonly body: Uint8Array
}

function* chunksFrom(bytes: Uint8Array, from: number): Generator<WebpChunk> {
  for (let at = from; at + 8 <= bytes.length; ) {
    const length = little32(bytes, at + 4)
    yield { type: ascii(bytes, at, at + 4), body: bytes.subarray(at + 8, at + 8 + length) }
    at += 8 + length + (length % 2)
  }
}

/** The chunks of a WebP file, up to the end that its header states. */
export const webpChunks = (bytes: Uint8Array): Generator<WebpChunk> =>
  chunksFrom(bytes.subarray(0, bytes.length < 12 ? 0 : 8 + little32(bytes, 4)), 12)

const isImage = ({ type }: WebpChunk) => type === 'VP8 ' || type === 'VP8L'

const encoder = new TextEncoder()

/** A simple WebP file with one image. */
function simpleFile({ type, body }: WebpChunk): Uint8Array {
  const padded = body.length + (body.length % 2)
  const file = new Uint8Array(20 + padded)
  const view = new DataView(file.buffer)
  file.set(encoder.encode(`RIFF----WEBP${type}`))
  view.setUint32(4, 12 + padded, true)
  view.setUint32(16, body.length, true)
  file.set(body, 20)
  return file
}

/** The first image of a WebP, and where it lies on a larger canvas. */
interface FirstImage {
  readonly file: Uint8Array
  /** Absent if the image is the whole canvas. */
  readonly on?: { readonly width: number; readonly height: number; readonly left: number; readonly top: number }
}

/** Whether a simple file is lossless and has alpha: bit 28 after the signature. */
export const hasLosslessAlpha = (simple: Uint8Array): boolean =>
  ascii(simple, 12, 16) === 'VP8L' && (simple[24] & 0x10) !== 0

const animationFlag = 0x02
/** Bytes of a frame's header: position, size, duration and flags. */
const frameHeader = 16

/** Throws for a file without an image. */
export function firstImageOf(bytes: Uint8Array): FirstImage {
  const chunks = [...webpChunks(bytes)]
  const { type, body: canvas } = chunks[0] ?? { type: '', body: new Uint8Array() }
  const animated = type === 'VP8X' && canvas[0] & animationFlag
  const frame = animated ? chunks.find((chunk) => chunk.type === 'ANMF')?.body : undefined
  const image = (frame ? [...chunksFrom(frame, frameHeader)] : chunks).find(isImage)
  if (!image) throw new Error('the WebP contains no image')
  const file = simpleFile(image)
  if (!frame) return { file }
  const [width, height] = [1 + little24(canvas, 4), 1 + little24(canvas, 7)]
  return { file, on: { width, height, left: 2 * little24(frame, 0), top: 2 * little24(frame, 3) } }
}

/** Width and height that the data of an image state (RFC 9649 and RFC 6386, 9.1); null if they are too short. */
function statedSize({ type, body }: WebpChunk): { readonly width: number; readonly height: number } | null {
  if (body.length < 10) return null
  if (type === 'VP8 ') return { width: (body[6] + 256 * body[7]) & 0x3fff, height: (body[8] + 256 * body[9]) & 0x3fff }
  const bits = little32(body, 1)
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}

/** Width and height of the canvas, or of an image without one; null if the file does not state them. */
export function webpSize(bytes: Uint8Array): { readonly width: number; readonly height: number } | null {
  const chunks = [...webpChunks(bytes)]
  const [first] = chunks
  if (first?.type === 'VP8X' && first.body.length >= 10)
    return { width: 1 + little24(first.body, 4), height: 1 + little24(first.body, 7) }
  const image = chunks.find(isImage)
  return image ? statedSize(image) : null
}

/** Places a smaller first image on its canvas, which is black elsewhere, as in libwebp. */
export function onCanvas(image: Pixels, { on }: FirstImage): Pixels {
  if (!on || (on.width === image.width && on.height === image.height)) return image
  const { width, height, left, top } = on
  if (left + image.width > width || top + image.height > height) throw new Error('a frame leaves the canvas')
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < image.height; y++) {
    const row = image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3)
    data.set(row, ((top + y) * width + left) * 3)
  }
  return { width, height, data }
}
