/** The stored samples of PNGs, as Pillow's convert('RGB') gives them. */
import type { DecodedPng } from 'fast-png'
import { crc32 } from '../crc32.ts'
import type { Pixels } from '../source.ts'
import { big32 } from './big-endian.ts'
import { ascii, joined } from './bytes.ts'

const encoder = new TextEncoder()

function chunk(type: string, body: Uint8Array): Uint8Array {
  const bytes = joined([new Uint8Array(4), encoder.encode(type), body, new Uint8Array(4)])
  const view = new DataView(bytes.buffer)
  view.setUint32(0, body.length)
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)))
  return bytes
}

const end = chunk('IEND', new Uint8Array())
const colors = 256

/** Pillow takes indices beyond a palette for black. */
function wholePalette(body: Uint8Array, depth: number): Uint8Array {
  const whole = new Uint8Array(3 * Math.min(colors, 2 ** depth))
  whole.set(body.subarray(0, whole.length))
  return chunk('PLTE', whole)
}

const indexed = 3

/**
 * A PNG with the chunks of its samples only. Without transparency, color spaces, orientation and further frames, every
 * decoder gives the stored colors.
 */
export function samplesOnly(png: Uint8Array): Uint8Array {
  const parts = [png.subarray(0, 8)]
  for (let at = 8; at + 12 <= png.length; ) {
    const [to, type] = [at + 12 + big32(png, at), ascii(png, at + 4, at + 8)]
    if (type === 'IHDR' || type === 'IDAT') parts.push(png.subarray(at, to))
    if (type === 'PLTE' && png[25] === indexed) parts.push(wholePalette(png.subarray(at + 8, to - 4), png[24]))
    at = to
  }
  return joined([...parts, end])
}

export const isDeep = (png: Uint8Array): boolean => png[24] === 16

/** 16-bit grey values are clipped at 255 and others lose their lower 8 bits, as in Pillow. */
function eightBit({ data, channels }: DecodedPng): (value: number) => number {
  if (!(data instanceof Uint16Array)) return (value) => value
  return channels === 1 ? (value) => Math.min(value, 255) : (value) => value >> 8
}

function decodeWith(decode: (png: Uint8Array) => DecodedPng, png: Uint8Array): DecodedPng {
  try {
    return decode(png)
  } catch (error) {
    throw new Error('the PNG is damaged', { cause: error })
  }
}

/** Decodes a PNG of 8 or 16 bits without a palette. Throws for a damaged file. `png` has its samples only. */
export async function decodePng(png: Uint8Array): Promise<Pixels> {
  const { decode } = await import('fast-png')
  const decoded = decodeWith(decode, png)
  const { width, height, channels, data } = decoded
  const convert = eightBit(decoded)
  const grey = channels < 3
  const rgb = new Uint8Array(3 * width * height)
  for (let at = 0, to = 0; to < rgb.length; at += channels, to += 3) {
    rgb[to] = convert(data[at])
    rgb[to + 1] = grey ? rgb[to] : convert(data[at + 1])
    rgb[to + 2] = grey ? rgb[to] : convert(data[at + 2])
  }
  return { width, height, data: rgb }
}
