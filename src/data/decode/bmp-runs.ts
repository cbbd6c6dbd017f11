/** Unpacks the run-length encoding of BMP files like Pillow, which skips the last pixel of an odd literal run of 4-bit pixels. */

interface Runs {
  readonly bits: 4 | 8
  readonly width: number
  /** Pixels of the image. */
  readonly count: number
}

/** The state of unpacking: positions in the file, in the pixels and in the row. */
interface Cursor {
  at: number
  pixel: number
  x: number
}

const code = { endOfRow: 0, endOfImage: 1, delta: 2 } as const

/** One value repeated, or two in turn. A run ends with its row at the latest. */
function repeat(cursor: Cursor, length: number, value: number, { bits, width }: Runs, out: Uint8Array | null): void {
  const count = Math.max(0, Math.min(length, width - cursor.x))
  const pair = bits === 4 ? [value >> 4, value & 15] : [value, value]
  if (out) for (let i = 0; i < count; i++) out[cursor.pixel + i] = pair[i & 1]
  cursor.pixel += count
  cursor.x += count
}

/** Literal values, padded to an even position in the file. False if the file ends within them. */
function copy(cursor: Cursor, bytes: Uint8Array, length: number, { bits }: Runs, out: Uint8Array | null): boolean {
  const wanted = bits === 4 ? length >> 1 : length
  const values = bytes.subarray(cursor.at, cursor.at + wanted)
  for (const value of values) {
    if (out && bits === 4) out[cursor.pixel++] = value >> 4
    else if (bits === 4) cursor.pixel++
    if (out) out[cursor.pixel] = bits === 4 ? value & 15 : value
    cursor.pixel++
  }
  cursor.at += values.length
  cursor.x += length
  cursor.at += cursor.at & 1
  return values.length === wanted
}

/** Does what the code after a zero says. False at the end of the image or the file. */
function follow(cursor: Cursor, bytes: Uint8Array, value: number, runs: Runs, out: Uint8Array | null): boolean {
  const { width } = runs
  switch (value) {
    case code.endOfRow:
      cursor.pixel = width * Math.ceil(cursor.pixel / width)
      cursor.x = 0
      return true
    case code.endOfImage:
      return false
    case code.delta:
      if (cursor.at + 2 > bytes.length) return false
      cursor.pixel += bytes[cursor.at] + width * bytes[cursor.at + 1]
      cursor.at += 2
      cursor.x = cursor.pixel % width
      return true
    default:
      return copy(cursor, bytes, value, runs, out)
  }
}

/**
 * Unpacks pixels into `out`, in the order of the file; ignores those beyond its end. Without `out` it only counts. Returns
 * false if the encoding ends before the last pixel.
 */
export function unpackRuns(bytes: Uint8Array, start: number, runs: Runs, out: Uint8Array | null): boolean {
  const cursor: Cursor = { at: start, pixel: 0, x: 0 }
  while (cursor.pixel < runs.count && cursor.at + 2 <= bytes.length) {
    const [length, value] = [bytes[cursor.at], bytes[cursor.at + 1]]
    cursor.at += 2
    if (length > 0) repeat(cursor, length, value, runs, out)
    else if (!follow(cursor, bytes, value, runs, out)) break
  }
  return cursor.pixel >= runs.count
}
