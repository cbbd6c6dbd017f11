/** Decodes in Node with sharp (libvips): applies the EXIF orientation, ignores color profiles, converts grey and CMYK to RGB, drops alpha. */
import sharp from 'sharp'
import { messageOf } from '../../message.ts'
import { decodeBmp } from '../decode/bmp.ts'
import { damageOf, isBmp } from '../decode/damage.ts'
import { headerOf } from '../decode/header.ts'
import { shrinkShorter } from '../decode/resize.ts'
import type { Decode, Pixels } from '../source.ts'

const readable = (error: unknown) => {
  const text = messageOf(error)
  return /unsupported image format/.test(text)
    ? 'not an image, or of an unknown format'
    : `damaged image: ${text.split('\n')[0]}`
}

/** a · b / 255, rounded. */
const times = (a: number, b: number) => Math.floor((a * b + 127) / 255)

/** CMYK to RGB as browsers and Pillow convert it: (255 − ink) · (255 − black) / 255. */
function fromInk(ink: Uint8Array): Uint8Array {
  const data = new Uint8Array((ink.length / 4) * 3)
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    const black = 255 - ink[from + 3]
    for (let c = 0; c < 3; c++) data[to + c] = times(255 - ink[from + c], black)
  }
  return data
}

async function pixelsOf(bytes: Uint8Array): Promise<Pixels> {
  if (isBmp(bytes)) return decodeBmp(bytes)
  const printed = headerOf(bytes)?.color === 'cmyk'
  const turned = sharp(bytes, { failOn: 'truncated', ignoreIcc: true }).rotate()
  const { data, info } = await (printed ? turned.toColorspace('cmyk') : turned.toColorspace('srgb').removeAlpha())
    .raw()
    .toBuffer({ resolveWithObject: true })
  const channels = printed ? 4 : 3
  if (info.channels !== channels) throw new Error(`${info.channels} channels where ${channels} are expected`)
  return { width: info.width, height: info.height, data: printed ? fromInk(data) : data }
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
