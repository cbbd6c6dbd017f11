/**
 * Decodes images in a worker with the browser's decoders and those that all hosts share. Reads JPEGs as Y, Cb and Cr
 * planes, which is several times as fast as a canvas and allows libjpeg-turbo's conversion. Images that the browser does
 * not decode to planes go through a canvas, which is exact for opaque ones.
 */
import type { Decoded, Pixels } from '../source.ts'
import { isJpeg, isPng } from './damage.ts'
import { hasAlpha, headerOf } from './header.ts'
import { orientationOf, turned, turnedSize } from './orientation.ts'
import { type HostDecoder, pixelsOf } from './pixels.ts'
import { decodePng, requireSound } from './png.ts'
import { type Memory, shrinkShorter } from './resize.ts'
import { type Scratch, withScratch } from './scratch.ts'
import { soundFile } from './size-limit.ts'
import { inTurn } from './turns.ts'
import { hasLosslessAlpha, isWebp } from './webp.ts'
import { type Plane, rgbOf, type Subsampling } from './ycbcr.ts'

const unreadable = () => new Error('the browser cannot decode it: not an image, or damaged')

const options: ImageBitmapOptions = {
  imageOrientation: 'none',
  premultiplyAlpha: 'none',
  colorSpaceConversion: 'none',
}

/** Writes RGBA as RGB: rows of `columns` pixels, to the pixel `to` of `rgb` and every `width` pixels after it. */
function dropAlpha(rgba: Uint8ClampedArray, columns: number, rgb: Uint8Array, to: number, width: number): void {
  for (let from = 0, row = 3 * to; from < rgba.length; row += 3 * width) {
    for (let at = row; at < row + 3 * columns; from += 4, at += 3) {
      rgb[at] = rgba[from]
      rgb[at + 1] = rgba[from + 1]
      rgb[at + 2] = rgba[from + 2]
    }
  }
}

/** A canvas multiplies colors by their alpha, and loses some of them; libwebp itself, in WebAssembly, does not. */
async function byLibwebp(bytes: Uint8Array): Promise<Pixels> {
  const { default: decode } = await import('@jsquash/webp/decode.js')
  const { data, width, height } = await decode(bytes.slice().buffer).catch(() => {
    throw unreadable()
  })
  const rgb = new Uint8Array(width * height * 3)
  dropAlpha(data, width, rgb, 0, width)
  return { width, height, data: rgb }
}

/** Side of the largest canvas: one with a side above 65,535 or more than 2²⁸ pixels stays black without an error. */
const canvasSide = 4096

/** Reads the pixels of an opaque image through a canvas, which may be smaller than the image. */
function pixelsFrom(bitmap: ImageBitmap): Pixels {
  const { width, height } = bitmap
  const data = new Uint8Array(width * height * 3)
  const canvas = new OffscreenCanvas(Math.min(width, canvasSide), Math.min(height, canvasSide))
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('the browser has no 2D canvas in workers')
  for (let top = 0; top < height; top += canvasSide) {
    for (let left = 0; left < width; left += canvasSide) {
      const [columns, rows] = [Math.min(canvasSide, width - left), Math.min(canvasSide, height - top)]
      context.drawImage(bitmap, left, top, columns, rows, 0, 0, columns, rows)
      dropAlpha(context.getImageData(0, 0, columns, rows).data, columns, data, top * width + left, width)
    }
  }
  return { width, height, data }
}

const byBrowser: HostDecoder = async (bytes) => {
  if (isWebp(bytes) && hasLosslessAlpha(bytes)) return byLibwebp(bytes)
  if (isPng(bytes) && hasAlpha(bytes)) return decodePng(bytes)
  if (isPng(bytes)) await requireSound(bytes)
  const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), options).catch(() => {
    throw unreadable()
  })
  try {
    return pixelsFrom(bitmap)
  } finally {
    bitmap.close()
  }
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

/** Free buffers; each image that is decoded at the same time uses one of each. */
const planesMemory: Scratch[] = []
const rgbMemory: Scratch[] = []
const turnedMemory: Scratch[] = []

/** Null if the browser does not decode this JPEG to planes. */
const byPlanes = (bytes: Uint8Array, orientation: number, side: number, imageMemory: Memory): Promise<Decoded | null> =>
  withPicture(bytes, (picture) =>
    withScratch(planesMemory, async (memory) => {
      const { format, codedWidth: width, codedHeight: height } = picture
      if (!isSubsampling(format)) return null
      if (side === 0) return { ...turnedSize({ width, height }, orientation), image: null }
      const planes = memory(picture.allocationSize())
      const layout = (await picture.copyTo(planes)) as [Plane, Plane, Plane]
      const image = await finished({ planes, layout, format, width, height }, orientation, side, imageMemory)
      return { ...turnedSize({ width, height }, orientation), image }
    }),
  )

interface Planes {
  readonly planes: Uint8Array
  readonly layout: readonly [Plane, Plane, Plane]
  readonly format: Subsampling
  readonly width: number
  readonly height: number
}

/** Converts planes to RGB, turns them upright and resizes them. Writes the result to `imageMemory`, all else to scratch memory. */
function finished(stored: Planes, orientation: number, side: number, imageMemory: Memory): Promise<Pixels> {
  const { planes, layout, format, width, height } = stored
  const rgbIn = (memory: Memory) => rgbOf(planes, layout, format, { width, height }, memory(width * height * 3))
  const isSmall = Math.min(width, height) <= side
  if (isSmall && orientation === 1) return Promise.resolve(rgbIn(imageMemory))
  return withScratch(rgbMemory, async (memory) => {
    const rgb = rgbIn(memory)
    if (isSmall) return turned(rgb, orientation, imageMemory)
    return withScratch(turnedMemory, async (other) => shrinkShorter(turned(rgb, orientation, other), side, imageMemory))
  })
}

/** Like Decode, but allocates the pixels of most images with `imageMemory`. */
export async function decodeInto(bytes: Uint8Array, side: number, imageMemory: Memory): Promise<Decoded> {
  const { file, pixels } = soundFile(bytes)
  return inTurn(pixels, () => decodeSound(file, side, imageMemory))
}

async function decodeSound(bytes: Uint8Array, side: number, imageMemory: Memory): Promise<Decoded> {
  const orientation = await orientationOf(bytes)
  const isPlanar = 'ImageDecoder' in self && isJpeg(bytes) && headerOf(bytes)?.color === 'rgb'
  const planar = isPlanar ? await byPlanes(bytes, orientation, side, imageMemory) : null
  if (planar) return planar
  const pixels = turned(await pixelsOf(bytes, byBrowser), orientation, (length) => new Uint8Array(length))
  const { width, height } = pixels
  return { width, height, image: side === 0 ? null : shrinkShorter(pixels, side) }
}
