/**
 * Reads the headers of BMP files: OS/2 1 and 2, Windows 2 to 5. Accepts and understands what Pillow does, also where Pillow
 * departs from the format, because the lab promises Pillow's pixels.
 */

/** How a stored pixel becomes a color. */
export type BmpColors =
  /** `table` has 256 colors as RGB. */
  | { readonly kind: 'palette'; readonly bits: 1 | 4 | 8; readonly table: Uint8Array }
  /** 16 bits, with red in the high bits, 5 bits per color and 5 or 6 for green. */
  | { readonly kind: 'packed'; readonly greenBits: 5 | 6 }
  /** `order`: positions of the bytes of red, green and blue in a pixel. */
  | { readonly kind: 'bytes'; readonly size: 3 | 4; readonly order: readonly [number, number, number] }

export interface BmpLayout {
  readonly width: number
  readonly height: number
  readonly topDown: boolean
  /** Position of the first stored row. */
  readonly start: number
  /** Bytes of a row; without meaning for run-length encoding. */
  readonly stride: number
  /** Bits of the pixels in run-length encoding; null if rows are stored plainly. */
  readonly runs: 4 | 8 | null
  readonly colors: BmpColors
}

const compression = { none: 0, runs8: 1, runs4: 2, masks: 3 } as const

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

interface Fields {
  readonly headerSize: number
  readonly width: number
  readonly height: number
  readonly topDown: boolean
  readonly bits: number
  readonly compression: number
  /** Colors of the palette; 0 stands for all that the bits allow. */
  readonly colors: number
  /** Bytes of a palette entry. */
  readonly entry: 3 | 4
}

const coreHeader = 12
const headerSizes = [40, 52, 56, 64, 108, 124]

/** The fields of the header; the reason if it cannot be read. */
function fieldsOf(bytes: Uint8Array): Fields | string {
  if (bytes.length < 18) return 'the BMP is truncated'
  const view = viewOf(bytes)
  const headerSize = view.getUint32(14, true)
  if (headerSize !== coreHeader && !headerSizes.includes(headerSize))
    return `unsupported: BMP with a header of ${headerSize} bytes`
  if (bytes.length < 14 + headerSize) return 'the BMP is truncated'
  const u16 = (at: number) => view.getUint16(at, true)
  const u32 = (at: number) => view.getUint32(at, true)
  if (headerSize === coreHeader) {
    const size = { width: u16(18), height: u16(20), bits: u16(24) }
    return { headerSize, ...size, topDown: false, compression: compression.none, colors: 0, entry: 3 }
  }
  // A negative height says that the first row is the top. Pillow looks at its highest byte only.
  const topDown = bytes[25] === 0xff
  const height = topDown ? 2 ** 32 - u32(22) : u32(22)
  const rest = { bits: u16(28), compression: u32(30), colors: u32(46) }
  return { headerSize, width: u32(18), height, topDown, ...rest, entry: 4 }
}

/** Width and height; null if the header cannot be read. */
export function bmpSize(bytes: Uint8Array): { readonly width: number; readonly height: number } | null {
  const fields = fieldsOf(bytes)
  return typeof fields === 'string' ? null : { width: fields.width, height: fields.height }
}

/** Position of red, green and blue by their masks and the mask of alpha; these are the layouts that Pillow reads. */
const byteOrders: Readonly<Record<string, readonly [number, number, number]>> = {
  'ff0000 ff00 ff 0': [2, 1, 0],
  'ff0000 ff00 ff ff000000': [2, 1, 0],
  'ff000000 ff00 ff 0': [3, 1, 0],
  'ff000000 ff00 ff ff0000': [3, 1, 0],
  'ff000000 ff0000 ff00 0': [3, 2, 1],
  'ff000000 ff0000 ff00 ff': [3, 2, 1],
  'ff ff00 ff0000 ff000000': [0, 1, 2],
  '0 0 0 0': [2, 1, 0],
}
const blueFirst = [2, 1, 0] as const

/** The meaning of pixels whose bits are distributed by masks; the reason if it is not supported. */
function maskedColors(bytes: Uint8Array, { headerSize, bits }: Fields): BmpColors | string {
  if (bytes.length < 66) return 'the BMP is truncated'
  const view = viewOf(bytes)
  const mask = (index: number) => view.getUint32(54 + 4 * index, true).toString(16)
  const rgb = [0, 1, 2].map(mask).join(' ')
  const alpha = headerSize >= 56 ? mask(3) : '0'
  if (bits === 32 && Object.hasOwn(byteOrders, `${rgb} ${alpha}`))
    return { kind: 'bytes', size: 4, order: byteOrders[`${rgb} ${alpha}`] }
  if (bits === 24 && rgb === 'ff0000 ff00 ff') return { kind: 'bytes', size: 3, order: blueFirst }
  if (bits === 16 && rgb === 'f800 7e0 1f') return { kind: 'packed', greenBits: 6 }
  if (bits === 16 && rgb === '7c00 3e0 1f') return { kind: 'packed', greenBits: 5 }
  return `unsupported: BMP with ${bits} bits per pixel in the masks ${rgb} ${alpha}`
}

/** True if the palette is black and white, or if each color is the grey of its number. */
function isGreyRamp(bytes: Uint8Array, at: number, entry: number, colors: number): boolean {
  for (let i = 0; i < colors; i++) {
    const [grey, from] = [colors === 2 ? 255 * i : i & 255, at + entry * i]
    if (bytes[from] !== grey || bytes[from + 1] !== grey || bytes[from + 2] !== grey) return false
  }
  return true
}

const greys = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3))
const blackAndWhite = Uint8Array.from({ length: 768 }, (_, i) => (i < 3 ? 0 : 255))

/** The palette at `at`; black beyond its end. */
function tableOf(bytes: Uint8Array, at: number, entry: number, colors: number): Uint8Array {
  const table = new Uint8Array(768)
  for (let i = 0; i < colors; i++) for (let c = 0; c < 3; c++) table[3 * i + c] = bytes[at + entry * i + 2 - c]
  return table
}

/** Pillow reads a palette of greys as grey pixels of 8 bits, and one of black and white as pixels of 1 bit. */
function paletteColors(bytes: Uint8Array, fields: Fields, bits: 1 | 4 | 8, colors: number): BmpColors | string {
  const { headerSize, entry } = fields
  const tooMany = `unsupported: BMP with a palette of ${colors} colors`
  if (colors > 65536) return tooMany
  const at = 14 + headerSize
  if (isGreyRamp(bytes, at, entry, colors))
    return colors === 2
      ? { kind: 'palette', bits: 1, table: blackAndWhite }
      : { kind: 'palette', bits: 8, table: greys }
  const present = Math.min(colors, Math.floor((bytes.length - at) / entry))
  return present > 256 ? tooMany : { kind: 'palette', bits, table: tableOf(bytes, at, entry, present) }
}

const isIndexed = (bits: number): bits is 1 | 4 | 8 => bits === 1 || bits === 4 || bits === 8

function colorsOf(bytes: Uint8Array, fields: Fields, colors: number): BmpColors | string {
  const { bits } = fields
  if (isIndexed(bits) && fields.compression !== compression.masks) return paletteColors(bytes, fields, bits, colors)
  if (![1, 4, 8, 16, 24, 32].includes(bits)) return `unsupported: BMP with ${bits} bits per pixel`
  if (fields.compression === compression.masks) return maskedColors(bytes, fields)
  if (bits === 16) return { kind: 'packed', greenBits: 5 }
  return { kind: 'bytes', size: bits === 24 ? 3 : 4, order: blueFirst }
}

const runBits: Readonly<Record<number, 4 | 8>> = { [compression.runs8]: 8, [compression.runs4]: 4 }

/** Position of the pixels: a position of 0, or one directly behind the header, does not count the palette. */
function startOf(bytes: Uint8Array, { headerSize, bits, entry, compression: code }: Fields, colors: number): number {
  const stated = viewOf(bytes).getUint32(10, true)
  const palette = bits <= 8 ? entry * colors : 0
  const masks = code === compression.masks && headerSize === 40 ? 12 : 0
  if (stated === 0) return 14 + headerSize + palette + masks
  return stated === 14 + headerSize ? stated + palette : stated
}

/** Bits of a stored pixel. */
const bitsOf = (colors: BmpColors): number => {
  switch (colors.kind) {
    case 'palette':
      return colors.bits
    case 'packed':
      return 16
    case 'bytes':
      return 8 * colors.size
    default:
      return colors satisfies never
  }
}

/** Compares the rows with the stride and with the file's length. */
function plainRefusal(bytes: Uint8Array, { width, height, start, stride, colors }: BmpLayout): string | null {
  const needed = Math.ceil((width * bitsOf(colors)) / 8)
  if (needed > stride) return 'unsupported: BMP with fewer than 8 bits per pixel and a palette of consecutive greys'
  return start + stride * (height - 1) + needed > bytes.length ? 'the BMP is truncated' : null
}

/** The layout of a BMP, whose plain rows lie within the file; the reason if it cannot be read. Allocates no pixels. */
export function bmpLayout(bytes: Uint8Array): BmpLayout | string {
  const fields = fieldsOf(bytes)
  if (typeof fields === 'string') return fields
  const { width, height, topDown, bits } = fields
  if (width === 0 || height === 0) return 'the BMP has no pixels'
  if (width >= 2 ** 31 || height >= 2 ** 31) return `the BMP states an impossible size: ${width} × ${height} pixels`
  const count = fields.colors || 2 ** Math.min(bits, 16)
  const colors = colorsOf(bytes, fields, count)
  if (typeof colors === 'string') return colors
  const runs = runBits[fields.compression] ?? null
  const known = fields.compression <= compression.masks
  if (!known || (runs !== null && (colors.kind !== 'palette' || colors.table === blackAndWhite)))
    return `unsupported: BMP with ${bits} bits per pixel and compression ${fields.compression}`
  const stride = 4 * Math.ceil((width * bits) / 32)
  const layout: BmpLayout = { width, height, topDown, start: startOf(bytes, fields, count), stride, runs, colors }
  return (runs === null ? plainRefusal(bytes, layout) : null) ?? layout
}
