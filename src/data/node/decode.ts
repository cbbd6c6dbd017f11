/** Decodes in Node with sharp (libvips) and the decoders that all hosts share. */
import sharp from 'sharp'
import { messageOf } from '../../message.ts'
import { orientationOf, turned } from '../decode/orientation.ts'
import { type HostDecoder, pixelsOf } from '../decode/pixels.ts'
import { shrinkShorter } from '../decode/resize.ts'
import { decodableMegapixels, soundFile } from '../decode/size-limit.ts'
import { inTurn } from '../decode/turns.ts'
import type { Decode, Decoded } from '../source.ts'

/** libvips shares its messages among images that are decoded at the same time, so that its text can be another image's. */
const readable = (error: unknown) =>
  /unsupported image format/.test(messageOf(error))
    ? 'not an image, or of an unknown format'
    : 'damaged image: its pixels cannot be decoded, or end early'

const bySharp: HostDecoder = async (bytes) => {
  const { data, info } = await sharp(bytes, {
    failOn: 'truncated',
    ignoreIcc: true,
    limitInputPixels: decodableMegapixels * 1e6,
  })
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

async function decodeSound(file: Uint8Array, side: number): Promise<Decoded> {
  const stored = await pixelsOf(file, bySharp)
  const pixels = turned(stored, await orientationOf(file), (length) => new Uint8Array(length))
  const { width, height } = pixels
  return { width, height, image: side === 0 ? null : shrinkShorter(pixels, side) }
}

export const decode: Decode = async (bytes, side) => {
  const { file, pixels } = soundFile(bytes)
  return inTurn(pixels, () => decodeSound(file, side))
}
