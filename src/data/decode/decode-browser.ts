/**
 * Decodes images in a worker with the browser's decoders: applies the EXIF orientation, ignores color profiles, and drops
 * alpha like Pillow's convert('RGB'). Reads JPEGs as Y, Cb and Cr planes, which is several times as fast as a canvas and
 * allows libjpeg-turbo's conversion. Images that the browser does not decode to planes go through a canvas.
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

const unreadable = () => new Error('the browser cannot decode it: not an image, or damaged')

const options: ImageBitmapOptions = {
  imageOrientation: 'from-image',
  premultiplyAlpha: 'none',
  colorSpaceConversion: 'none',
}

/** RGBA to RGB. */
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

/** Calls `use` with a decoded JPEG and closes it afterwards. */
async function withPicture<T>(bytes: Uint8Array, use: (picture: VideoFrame) => Promise<T>): Promise<T> {
  const data = bytes as Uint8Array<ArrayBuffer>
  const decoder = new ImageDecoder({ data, type: 'image/jpeg', colorSpaceConversion: 'none' })
  try {
    const { image } = await decoder.decode().catch(() => {
      throw unreadable()
    })
    try {
      return await use(image)
    } finally {
      image.close()
    }
  } finally {
    decoder.close()
  }
}

/** Free buffers; each image that is decoded at the same time uses one. */
const planesMemory: Scratch[] = []
const rgbMemory: Scratch[] = []

/** Null if the browser does not decode this JPEG to planes. */
const byPlanes = (bytes: Uint8Array, side: number, imageMemory: Memory): Promise<Decoded | null> =>
  withPicture(bytes, (picture) =>
    withScratch(planesMemory, async (memory) => {
      const { format, codedWidth: width, codedHeight: height } = picture
      if (!isSubsampling(format)) return null
      if (side === 0) return { width, height, image: null }
      const planes = memory(picture.allocationSize())
      const layout = (await picture.copyTo(planes)) as [Plane, Plane, Plane]
      return resized(planes, layout, format, { width, height }, side, imageMemory)
    }),
  )

/** Converts planes to RGB and resizes them. An image at its own size is written to `imageMemory`, a larger one to scratch memory. */
function resized(
  planes: Uint8Array,
  layout: readonly [Plane, Plane, Plane],
  format: Subsampling,
  size: Pick<Pixels, 'width' | 'height'>,
  side: number,
  imageMemory: Memory,
): Promise<Decoded> {
  const { width, height } = size
  const length = width * height * 3
  if (Math.min(width, height) <= side) {
    return Promise.resolve({ ...size, image: rgbOf(planes, layout, format, size, imageMemory(length)) })
  }
  return withScratch(rgbMemory, async (memory) => ({
    ...size,
    image: shrinkShorter(rgbOf(planes, layout, format, size, memory(length)), side, imageMemory),
  }))
}

/** Converts the samples of a PNG with alpha to 8-bit RGBA. */
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

/** Decodes a PNG with fast-png: a canvas multiplies colors by their alpha, and loses some of them. */
async function withoutPremultiplying(bytes: Uint8Array): Promise<Pixels> {
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
  return isPng(bytes) && hasAlpha(bytes) ? withoutPremultiplying(bytes) : byCanvas(bytes)
}

const isPlanar = (bytes: Uint8Array) => 'ImageDecoder' in self && isJpeg(bytes) && orientationOf(bytes) === 1

/** Like Decode, but allocates the pixels of most images with `imageMemory`. */
export async function decodeInto(bytes: Uint8Array, side: number, imageMemory: Memory): Promise<Decoded> {
  const damage = damageOf(bytes)
  if (damage) throw new Error(damage)
  const planar = isPlanar(bytes) ? await byPlanes(bytes, side, imageMemory) : null
  if (planar) return planar
  const pixels = await pixelsOf(bytes)
  const { width, height } = pixels
  return { width, height, image: side === 0 ? null : shrinkShorter(pixels, side) }
}
