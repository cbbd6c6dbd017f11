/**
 * Decodes in a worker, with the browser's own decoders: EXIF orientation applied, color profiles ignored, alpha dropped as
 * Pillow's convert('RGB') drops it. JPEGs come as Y, Cb and Cr planes, which takes a fraction of the time of a canvas and
 * lets the conversion be libjpeg-turbo's; what the browser does not give that way goes through a canvas.
 */
import type { DecodedPng } from 'fast-png'
import type { Decoded, Pixels } from '../source.ts'
import { decodeBmp } from './bmp.ts'
import { damageOf, isBmp, isJpeg, isPng } from './damage.ts'
import { hasAlpha } from './header.ts'
import { orientationOf } from './orientation.ts'
import { type Memory, shrinkShorter } from './resize.ts'
import { type Scratch, withScratch } from './scratch.ts'
import { type Plane, rgbOf, type Subsampling } from './ycbcr.ts'

const unreadable = () => new Error('not an image that the browser can decode, or a damaged one')

const options: ImageBitmapOptions = {
  imageOrientation: 'from-image',
  premultiplyAlpha: 'none',
  colorSpaceConversion: 'none',
}

/** Every fourth byte of RGBA left out. */
function withoutAlpha(rgba: Uint8Array | Uint8ClampedArray, width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3)
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data[to] = rgba[from]
    data[to + 1] = rgba[from + 1]
    data[to + 2] = rgba[from + 2]
  }
  return { width, height, data }
}

async function byCanvas(bytes: Uint8Array): Promise<Pixels> {
  const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), options).catch(() => {
    throw unreadable()
  })
  const { width, height } = bitmap
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('the browser has no 2D canvas in workers')
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  return withoutAlpha(context.getImageData(0, 0, width, height).data, width, height)
}

const isSubsampling = (format: string | null): format is Subsampling =>
  format === 'I420' || format === 'I422' || format === 'I444'

/** Runs `take` on a JPEG's picture, without a canvas. */
async function withPicture<T>(bytes: Uint8Array, take: (picture: VideoFrame) => Promise<T>): Promise<T> {
  const data = bytes as Uint8Array<ArrayBuffer>
  const decoder = new ImageDecoder({ data, type: 'image/jpeg', colorSpaceConversion: 'none' })
  try {
    const { image } = await decoder.decode().catch(() => {
      throw unreadable()
    })
    try {
      return await take(image)
    } finally {
      image.close()
    }
  } finally {
    decoder.close()
  }
}

/** One for each image that is decoded at the same time. */
const planesMemory: Scratch[] = []
const rgbMemory: Scratch[] = []

/** Null where the browser decodes this JPEG to something else than planes. */
const byPlanes = (bytes: Uint8Array, side: number, own: Memory): Promise<Decoded | null> =>
  withPicture(bytes, (picture) =>
    withScratch(planesMemory, async (memory) => {
      const { format, codedWidth: width, codedHeight: height } = picture
      if (!isSubsampling(format)) return null
      // That it could be decoded is all that is to be known.
      if (side === 0) return { width, height, image: null }
      const planes = memory(picture.allocationSize())
      const layout = (await picture.copyTo(planes)) as [Plane, Plane, Plane]
      return resized(planes, layout, format, { width, height }, side, own)
    }),
  )

/** The pixels of the image itself never leave their memory unless they are what is asked for. */
function resized(
  planes: Uint8Array,
  layout: readonly [Plane, Plane, Plane],
  format: Subsampling,
  size: Pick<Pixels, 'width' | 'height'>,
  side: number,
  own: Memory,
): Promise<Decoded> {
  const { width, height } = size
  const length = width * height * 3
  if (Math.min(width, height) <= side) {
    return Promise.resolve({ ...size, image: rgbOf(planes, layout, format, size, own(length)) })
  }
  return withScratch(rgbMemory, async (memory) => ({
    ...size,
    image: shrinkShorter(rgbOf(planes, layout, format, size, memory(length)), side, own),
  }))
}

/** The samples of a PNG with transparency as 8-bit RGBA. */
function rgbaOf({ data, channels, depth, width, height }: DecodedPng): Uint8Array {
  const rgba = new Uint8Array(width * height * 4)
  const grey = channels === 2
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      const value = data[i * channels + (grey ? 0 : c)]
      rgba[4 * i + c] = depth === 16 ? value >> 8 : value
    }
  }
  return rgba
}

/** By a library: a canvas would multiply colors by their alpha, and lose some of them. */
async function straight(bytes: Uint8Array): Promise<Pixels> {
  const { decode } = await import('fast-png')
  try {
    const png = decode(bytes)
    return withoutAlpha(rgbaOf(png), png.width, png.height)
  } catch {
    throw unreadable()
  }
}

async function pixelsOf(bytes: Uint8Array): Promise<Pixels> {
  if (isBmp(bytes)) return decodeBmp(bytes)
  return isPng(bytes) && hasAlpha(bytes) ? straight(bytes) : byCanvas(bytes)
}

const isPlanar = (bytes: Uint8Array) => 'ImageDecoder' in self && isJpeg(bytes) && orientationOf(bytes) === 1

/** As Decode; the pixels of most images lie in memory that `own` gives. */
export async function decodeInto(bytes: Uint8Array, side: number, own: Memory): Promise<Decoded> {
  const damage = damageOf(bytes)
  if (damage) throw new Error(damage)
  const planar = isPlanar(bytes) ? await byPlanes(bytes, side, own) : null
  if (planar) return planar
  const pixels = await pixelsOf(bytes)
  const { width, height } = pixels
  return { width, height, image: side === 0 ? null : shrinkShorter(pixels, side) }
}
