/**
 * Decodes JPEGs of four components (CMYK and YCCK, print colors) to the bytes that Pillow gives. Browsers round the
 * conversion of print colors in their own way, and give no access to the stored inks.
 */
import type { Pixels } from '../../source.ts'
import { big16 } from '../big-endian.ts'
import { clampedBlue, clampedGreen, clampedRed } from '../ycbcr.ts'
import {
  type Component,
  emptyTables,
  type Frame,
  readAdobe,
  readFrame,
  readHuffman,
  readQuantization,
  type Tables,
} from './frame.ts'
import { inverseDct } from './inverse-dct.ts'
import { decodeScan } from './scan.ts'
import { type Samples, upsampled } from './upsample.ts'

const marker = { huffman: 0xc4, end: 0xd9, scan: 0xda, quantization: 0xdb, restart: 0xdd, adobe: 0xee } as const
const frames = { baseline: 0xc0, extended: 0xc1, progressive: 0xc2 } as const

/** Reads the tables of a segment whose body goes from `from` to `to`. */
function readTables(bytes: Uint8Array, code: number, from: number, to: number, tables: Tables): void {
  if (code === marker.quantization) readQuantization(bytes, from, to, tables)
  else if (code === marker.huffman) readHuffman(bytes, from, to, tables)
  else if (code === marker.restart) tables.restartInterval = big16(bytes, from)
  else if (code === marker.adobe) readAdobe(bytes, from, to, tables)
}

const isFrame = (code: number) => code === frames.baseline || code === frames.extended || code === frames.progressive

/** Decodes all scans to coefficients. */
function decodeScans(bytes: Uint8Array): { readonly frame: Frame; readonly tables: Tables } {
  const tables = emptyTables()
  let frame: Frame | null = null
  for (let at = 2; at + 4 <= bytes.length && bytes[at + 1] !== marker.end; ) {
    const code = bytes[at + 1]
    if (bytes[at] !== 0xff || code === 0xff || code === 0) at++
    else if (code >= 0xd0 && code <= 0xd8) at += 2
    else {
      const end = at + 2 + big16(bytes, at + 2)
      if (isFrame(code)) frame = readFrame(bytes, at + 4, code === frames.progressive)
      else readTables(bytes, code, at + 4, end, tables)
      at = code === marker.scan && frame ? decodeScan(bytes, at + 4, frame, tables) : end
    }
  }
  if (!frame) throw new Error('the JPEG contains no image')
  return { frame, tables }
}

function samplesOf(component: Component): Samples {
  const { columns, rows, width, height, coefficients, quantization } = component
  const stride = 8 * columns
  const data = new Uint8Array(stride * 8 * rows)
  if (!quantization) throw new Error('the JPEG is damaged (a component without data)')
  for (let row = 0, from = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, from += 64)
      inverseDct(coefficients, from, quantization, data, 8 * (row * stride + column), stride)
  return { data, stride, width, height }
}

/** a · b / 255, rounded. */
const times = (a: number, b: number) => Math.floor((a * b + 127) / 255)

/** Replaces the planes of Y, Cb and Cr by cyan, magenta and yellow, for which they stand inverted. */
function toInks([first, second, third]: readonly Uint8Array[]): void {
  for (let i = 0; i < first.length; i++) {
    const [y, cb, cr] = [first[i], second[i], third[i]]
    first[i] = 255 - clampedRed(y, cr)
    second[i] = 255 - clampedGreen(y, cb, cr)
    third[i] = 255 - clampedBlue(y, cb)
  }
}

/** Throws for a damaged file. */
export function decodePrintJpeg(bytes: Uint8Array): Pixels {
  const { frame, tables } = decodeScans(bytes)
  const { width, height, components } = frame
  const planes = components.map((component) => upsampled(samplesOf(component), component, frame))
  // libjpeg takes every transform but 0 for YCCK.
  if (tables.adobe !== null && tables.adobe !== 0) toInks(planes)
  const [cyan, magenta, yellow, black] = planes
  const data = new Uint8Array(3 * width * height)
  // Stored inks are inverted: 255 is none. Pillow takes this for granted, as nearly all writers do.
  for (let i = 0, to = 0; to < data.length; i++, to += 3) {
    data[to] = times(cyan[i], black[i])
    data[to + 1] = times(magenta[i], black[i])
    data[to + 2] = times(yellow[i], black[i])
  }
  return { width, height, data }
}
