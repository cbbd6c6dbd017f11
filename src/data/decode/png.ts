/** The stored samples of PNGs, as Pillow's convert('RGB') gives them. */

import { joined } from '../../joined.ts'
import { crc32 } from '../crc32.ts'
import type { Pixels } from '../source.ts'
import { big16, big32 } from './big-endian.ts'
import { ascii } from './bytes.ts'
import { inflated } from './inflate.ts'
import { filteredLength, samplesOf } from './png-rows.ts'

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

/** Samples of a pixel by color type, without a palette. */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 }

/** Bodies of the chunks of a type. */
function bodiesOf(png: Uint8Array, type: string): Uint8Array[] {
  const bodies: Uint8Array[] = []
  for (let at = 8; at + 12 <= png.length; at += 12 + big32(png, at))
    if (ascii(png, at + 4, at + 8) === type) bodies.push(png.subarray(at + 8, at + 8 + big32(png, at)))
  return bodies
}

/** The filtered rows of a PNG; throws unless all are there. */
async function rowsOf(png: Uint8Array, length: number): Promise<Uint8Array> {
  const rows = await inflated(joined(bodiesOf(png, 'IDAT')), length + 1)
  if (!rows) throw new Error('the PNG is damaged')
  if (rows.length < length) throw new Error('the PNG is truncated: its pixels are incomplete')
  return rows
}

/**
 * Throws for compressed samples that end early or whose checksum is wrong. Browsers decode these, and Pillow and libvips do
 * not.
 */
export async function requireSound(png: Uint8Array): Promise<void> {
  const [width, height, channels] = [big32(png, 16), big32(png, 20), channelsOf[png[25]] ?? 1]
  // The rows of an interlaced image have up to as many bytes as those of one with eight more rows and columns.
  const most = channels * (width + 9) * (height + 9)
  if (!(await inflated(joined(bodiesOf(png, 'IDAT')), most))) throw new Error('the PNG is damaged')
}

/**
 * Decodes a PNG of 8 or 16 bits without a palette. 16-bit grey values are clipped at 255 and others lose their lower 8 bits,
 * as in Pillow. Refuses incomplete pixels, which libraries fill with zeros. Throws for a damaged file.
 */
export async function decodePng(png: Uint8Array): Promise<Pixels> {
  const [width, height, channels] = [big32(png, 16), big32(png, 20), channelsOf[png[25]]]
  if (!channels) throw new Error('the PNG header is damaged')
  const bytes = isDeep(png) ? 2 : 1
  const layout = { width, height, pixel: channels * bytes, interlaced: png[28] === 1 }
  const samples = samplesOf(await rowsOf(png, filteredLength(layout)), layout)
  if (!samples) throw new Error('the PNG is damaged')
  return { width, height, data: toRgb(samples, channels, bytes) }
}

function toRgb(samples: Uint8Array, channels: number, bytes: number): Uint8Array {
  const clipped = channels === 1 && bytes === 2
  const [green, blue] = channels < 3 ? [0, 0] : [bytes, 2 * bytes]
  const rgb = new Uint8Array((3 * samples.length) / (channels * bytes))
  for (let at = 0, to = 0; to < rgb.length; at += channels * bytes, to += 3) {
    const first = clipped ? Math.min(255, big16(samples, at)) : samples[at]
    rgb[to] = first
    rgb[to + 1] = green ? samples[at + green] : first
    rgb[to + 2] = blue ? samples[at + blue] : first
  }
  return rgb
}
