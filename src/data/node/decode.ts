/** Decodes in Node, with sharp (libvips): EXIF orientation applied, color profiles ignored, grey and CMYK to RGB, alpha dropped. */
import sharp from 'sharp'
import { damageOf } from '../damage.ts'
import { shrinkShorter } from '../resize.ts'
import type { Decode, Pixels } from '../source.ts'

const readable = (error: unknown) => {
  const text = error instanceof Error ? error.message : String(error)
  return /unsupported image format/.test(text)
    ? 'not an image, or of an unknown format'
    : `damaged image: ${text.split('\n')[0]}`
}

async function pixelsOf(bytes: Uint8Array): Promise<Pixels> {
  const { data, info } = await sharp(bytes, { failOn: 'truncated' })
    .rotate()
    .toColorspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  if (info.channels !== 3) throw new Error(`${info.channels} channels where 3 are expected`)
  return { width: info.width, height: info.height, data }
}

export const decode: Decode = async (bytes, side) => {
  const damage = damageOf(bytes)
  if (damage) throw new Error(damage)
  const pixels = await pixelsOf(bytes).catch((error) => {
    throw new Error(readable(error), { cause: error })
  })
  const { width, height } = pixels
  return { width, height, image: side === 0 ? null : shrinkShorter(pixels, side) }
}
