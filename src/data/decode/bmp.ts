/**
 * Decodes BMP files of 1 to 32 bits per pixel, plain and run-length encoded, to Pillow's pixels. Every host uses it: sharp
 * reads no BMP, libraries for JavaScript leave out header types, masks or runs, and browsers differ from Pillow.
 */
import type { Pixels } from '../source.ts'
import { type BmpColors, type BmpLayout, bmpLayout } from './bmp-header.ts'
import { unpackRuns } from './bmp-runs.ts'

const runsOf = ({ width, height }: BmpLayout, bits: 4 | 8) => ({ bits, width, count: width * height })

/** Why a BMP cannot be read, or null. Takes time in proportion to the file. */
export function bmpDamage(bytes: Uint8Array): string | null {
  const layout = bmpLayout(bytes)
  if (typeof layout === 'string') return layout
  if (layout.runs === null || unpackRuns(bytes, layout.start, runsOf(layout, layout.runs), null)) return null
  return 'the BMP is truncated: its runs end before the last pixel'
}

/** Writes the colors of a row. */
type WriteRow = (stored: Uint8Array, from: number, rgb: Uint8Array, to: number, width: number) => void

const paletteRow =
  ({ bits, table }: Extract<BmpColors, { kind: 'palette' }>): WriteRow =>
  (stored, from, rgb, to, width) => {
    const [perByte, most] = [8 / bits, 2 ** bits - 1]
    for (let x = 0; x < width; x++) {
      const shift = 8 - bits * ((x % perByte) + 1)
      const color = 3 * ((stored[from + Math.floor(x / perByte)] >> shift) & most)
      rgb[to + 3 * x] = table[color]
      rgb[to + 3 * x + 1] = table[color + 1]
      rgb[to + 3 * x + 2] = table[color + 2]
    }
  }

const packedRow =
  ({ greenBits }: Extract<BmpColors, { kind: 'packed' }>): WriteRow =>
  (stored, from, rgb, to, width) => {
    const mostGreen = 2 ** greenBits - 1
    for (let x = 0; x < width; x++) {
      const pixel = stored[from + 2 * x] | (stored[from + 2 * x + 1] << 8)
      rgb[to + 3 * x] = (((pixel >> (5 + greenBits)) & 31) * 255) / 31
      rgb[to + 3 * x + 1] = (((pixel >> 5) & mostGreen) * 255) / mostGreen
      rgb[to + 3 * x + 2] = ((pixel & 31) * 255) / 31
    }
  }

const bytesRow =
  ({ size, order: [red, green, blue] }: Extract<BmpColors, { kind: 'bytes' }>): WriteRow =>
  (stored, from, rgb, to, width) => {
    for (let x = 0; x < width; x++) {
      const at = from + size * x
      rgb[to + 3 * x] = stored[at + red]
      rgb[to + 3 * x + 1] = stored[at + green]
      rgb[to + 3 * x + 2] = stored[at + blue]
    }
  }

function rowWriter(colors: BmpColors): WriteRow {
  switch (colors.kind) {
    case 'palette':
      return paletteRow(colors)
    case 'packed':
      return packedRow(colors)
    case 'bytes':
      return bytesRow(colors)
    default:
      return colors satisfies never
  }
}

/** The stored rows as plain bytes: the file's own, or unpacked ones with a byte per pixel. */
function plain(bytes: Uint8Array, layout: BmpLayout): { stored: Uint8Array; layout: BmpLayout } {
  const { runs, colors, width, height } = layout
  if (runs === null || colors.kind !== 'palette') return { stored: bytes, layout }
  const stored = new Uint8Array(width * height)
  unpackRuns(bytes, layout.start, runsOf(layout, runs), stored)
  return { stored, layout: { ...layout, start: 0, stride: width, colors: { ...colors, bits: 8 } } }
}

/** Drops alpha. Throws for a file with damage. */
export function decodeBmp(bytes: Uint8Array): Pixels {
  const found = bmpLayout(bytes)
  if (typeof found === 'string') throw new Error(found)
  const { stored, layout } = plain(bytes, found)
  const { width, height, topDown, start, stride, colors } = layout
  const data = new Uint8Array(width * height * 3)
  const write = rowWriter(colors)
  for (let y = 0; y < height; y++)
    write(stored, start + y * stride, data, (topDown ? y : height - 1 - y) * width * 3, width)
  return { width, height, data }
}
