/** Decodes in Node with sharp (libvips) and the decoders that all hosts share. */
import sharp from 'sharp'
import { messageOf } from '../../message.ts'
import { orientationOf, turned } from '../decode/orientation.ts'
import { type HostDecoder, pixelsOf } from '../decode/pixels.ts'
import { shrinkShorter } from '../decode/resize.ts'
import { decodableMegapixels, soundFile } from '../decode/size-limit.ts'
import { inTurn } from '../decode/turns.ts'
import type { Decode, Decoded } from '../source.ts'

const readable = (error: unknown) => {
  const text = messageOf(error)
  return /unsupported image format/.test(text)
    ? 'not an image, or of an unknown format'
    : `damaged image: ${text.split('\n')[0]}`
}

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
