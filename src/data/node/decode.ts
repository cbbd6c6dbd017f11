/** Decodes in Node with sharp (libvips) and the decoders that all hosts share. */
import sharp from 'sharp'
import { messageOf } from '../../message.ts'
import { damageOf } from '../decode/damage.ts'
import { orientationOf, turned } from '../decode/orientation.ts'
import { type HostDecoder, pixelsOf } from '../decode/pixels.ts'
import { shrinkShorter } from '../decode/resize.ts'
import type { Decode } from '../source.ts'

const readable = (error: unknown) => {
  const text = messageOf(error)
  return /unsupported image format/.test(text)
    ? 'not an image, or of an unknown format'
    : `damaged image: ${text.split('\n')[0]}`
}

const bySharp: HostDecoder = async (bytes) => {
  const { data, info } = await sharp(bytes, { failOn: 'truncated', ignoreIcc: true })
    .toColorspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error) => {
      throw new Error(readable(error), { cause: error })
    })
  if (info.channels !== 3) throw new Error(`${info.channels} channels where 3 are expected`)
  return { width: info.width, height: info.height, data }
}

export const decode: Decode = async (bytes, side) => {
  const damage = damageOf(bytes)
  if (damage) throw new Error(damage)
  const stored = await pixelsOf(bytes, bySharp)
  const pixels = turned(stored, await orientationOf(bytes), (length) => new Uint8Array(length))
  const { width, height } = pixels
  return { width, height, image: side === 0 ? null : shrinkShorter(pixels, side) }
}
