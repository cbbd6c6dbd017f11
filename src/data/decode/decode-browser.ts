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
import { decodePng } from './png.ts'
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

/** RGBA to RGB. */
function withoutAlpha(rgba: Uint8ClampedArray, width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3)
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data[to] = rgba[from]
    data[to + 1] = rgba[from + 1]
    data[to + 2] = rgba[from + 2]
  }
  return { width, height, data }
}

/** A canvas multiplies colors by their alpha, and loses some of them; libwebp itself, in WebAssembly, does not. */
async function byLibwebp(bytes: Uint8Array): Promise<Pixels> {
  const { default: decode } = await import('@jsquash/webp/decode.js')
  const { data, width, height } = await decode(bytes.slice().buffer).catch(() => {
    throw unreadable()
  })
  return withoutAlpha(data, width, height)
}

const byBrowser: HostDecoder = async (bytes) => {
  if (isWebp(bytes) && hasLosslessAlpha(bytes)) return byLibwebp(bytes)
  if (isPng(bytes) && hasAlpha(bytes)) return decodePng(bytes)
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
