/** The tables and the frame of a JPEG with Huffman coding (ITU T.81, annex B), and where its scans are. */
import { big16 } from '../big-endian.ts'
import { ascii } from '../bytes.ts'

export interface Component {
  readonly id: number
  /** Sampling factors. */
  readonly across: number
  readonly down: number
  readonly table: number
  /** Size in samples, without padding. */
  readonly width: number
  readonly height: number
  /** Blocks in a row and in a column, padded to whole units of an interleaved scan. */
  readonly columns: number
  readonly rows: number
  /** Coefficients in natural order, not yet multiplied by the quantization table [rows · columns · 64]. */
  readonly coefficients: Int16Array
  /** Set by the first scan of the component: later tables of the same number belong to later components. */
  quantization: Uint16Array | null
}

export interface Frame {
  readonly width: number
  readonly height: number
  readonly progressive: boolean
  readonly components: readonly Component[]
  /** The greatest sampling factors. */
  readonly across: number
  readonly down: number
}

/** Codes of each length, 1 to 16, and their symbols. */
export interface HuffmanTable {
  /** The code after the last one of a length, as the first of 16 bits. */
  readonly limits: Int32Array
  /** The position of a code's symbol is the code plus the offset of its length. */
  readonly offsets: Int32Array
  readonly symbols: Uint8Array
}

export interface Tables {
  readonly quantization: (Uint16Array | undefined)[]
  readonly dc: (HuffmanTable | undefined)[]
  readonly ac: (HuffmanTable | undefined)[]
  restartInterval: number
  /** The transform of Adobe's marker; null without one. */
  adobe: number | null
}

export const emptyTables = (): Tables => ({ quantization: [], dc: [], ac: [], restartInterval: 0, adobe: null })

/** The natural position of each coefficient in zigzag order. */
export const natural = Uint8Array.from(zigzag())

function zigzag(): number[] {
  const order = Array.from({ length: 64 }, (_, i) => i)
  const diagonal = (i: number) => (i >> 3) + (i & 7)
  // Odd diagonals run downwards, even ones upwards.
  const along = (i: number) => (diagonal(i) % 2 ? i >> 3 : i & 7)
  return order.sort((a, b) => diagonal(a) - diagonal(b) || along(a) - along(b))
}

export function readQuantization(bytes: Uint8Array, from: number, to: number, tables: Tables): void {
  for (let at = from; at < to; ) {
    const [wide, number] = [bytes[at] >> 4, bytes[at] & 15]
    const size = wide ? 2 : 1
    const values = new Uint16Array(64)
    for (let i = 0; i < 64; i++) values[natural[i]] = wide ? big16(bytes, at + 1 + 2 * i) : bytes[at + 1 + i]
    tables.quantization[number] = values
    at += 1 + 64 * size
  }
}

function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const [limits, offsets] = [new Int32Array(17), new Int32Array(17)]
  for (let length = 1, code = 0, position = 0; length <= 16; length++, code <<= 1) {
    offsets[length] = position - code
    code += counts[length - 1]
    position += counts[length - 1]
    limits[length] = code << (16 - length)
  }
  return { limits, offsets, symbols }
}

export function readHuffman(bytes: Uint8Array, from: number, to: number, tables: Tables): void {
  for (let at = from; at + 17 <= to; ) {
    const counts = bytes.subarray(at + 1, at + 17)
    const total = counts.reduce((sum, count) => sum + count, 0)
    const kind = bytes[at] >> 4 ? tables.ac : tables.dc
    kind[bytes[at] & 15] = huffmanTable(counts, bytes.subarray(at + 17, at + 17 + total))
    at += 17 + total
  }
}

export function readAdobe(bytes: Uint8Array, from: number, to: number, tables: Tables): void {
  if (to - from >= 12 && ascii(bytes, from, from + 5) === 'Adobe') tables.adobe = bytes[from + 11]
}

/** `at`: position of the frame header's body. */
export function readFrame(bytes: Uint8Array, at: number, progressive: boolean): Frame {
  const [height, width, count] = [big16(bytes, at + 1), big16(bytes, at + 3), bytes[at + 5]]
  const heads = Array.from({ length: count }, (_, i) => bytes.subarray(at + 6 + 3 * i, at + 9 + 3 * i))
  const [across, down] = [Math.max(...heads.map((h) => h[1] >> 4)), Math.max(...heads.map((h) => h[1] & 15))]
  const [unitsAcross, unitsDown] = [Math.ceil(width / (8 * across)), Math.ceil(height / (8 * down))]
  const components = heads.map(([id, factors, table]): Component => {
    const own = { across: factors >> 4, down: factors & 15 }
    const [columns, rows] = [unitsAcross * own.across, unitsDown * own.down]
    return {
      ...own,
      id,
      table,
      width: Math.ceil((width * own.across) / across),
      height: Math.ceil((height * own.down) / down),
      columns,
      rows,
      coefficients: new Int16Array(64 * columns * rows),
      quantization: null,
    }
  })
  return { width, height, progressive, components, across, down }
}
