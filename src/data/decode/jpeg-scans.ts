/**
 * Follows the coded data of a JPEG's scans to their end, without decoding values (ITU T.81, annexes F and G). Decoders fill
 * what is missing with grey and do not say so.
 */
import { big16 } from './big-endian.ts'
import { type Bits, bitsAt, type Codes, isBeyond, read, skipCoefficients, symbolOf } from './jpeg-bits.ts'

interface Component {
  readonly id: number
  /** Blocks of the component in a unit of several components. */
  readonly across: number
  readonly down: number
  /** Blocks in a scan of this component alone. */
  readonly columns: number
  readonly rows: number
  /** Blocks of a row in all units. */
  readonly stride: number
  /** Coefficients that earlier scans made other than 0, one byte each; empty unless they are followed. */
  readonly nonzero: Uint8Array
}

export interface JpegFrame {
  readonly progressive: boolean
  /** Units of several components. */
  readonly unitColumns: number
  readonly unitRows: number
  readonly components: readonly Component[]
}

/** Reads a start-of-frame segment; null if it is contradictory. `refined` prepares following scans that refine coefficients. */
export function frameOf(bytes: Uint8Array, at: number, progressive: boolean, refined: boolean): JpegFrame | null {
  const [height, width, count] = [big16(bytes, at + 5), big16(bytes, at + 7), bytes[at + 9]]
  const factors = Array.from({ length: count }, (_, i) => {
    const from = at + 10 + 3 * i
    return { id: bytes[from], across: bytes[from + 1] >> 4, down: bytes[from + 1] & 15 }
  })
  if (count === 0 || factors.some(({ across, down }) => !(across >= 1 && across <= 4 && down >= 1 && down <= 4)))
    return null
  const [mostAcross, mostDown] = [
    Math.max(...factors.map(({ across }) => across)),
    Math.max(...factors.map(({ down }) => down)),
  ]
  const [unitColumns, unitRows] = [Math.ceil(width / (8 * mostAcross)), Math.ceil(height / (8 * mostDown))]
  const components = factors.map(({ id, across, down }): Component => {
    const stride = unitColumns * across
    return {
      ...{ id, across, down, stride },
      columns: Math.ceil(Math.ceil((width * across) / mostAcross) / 8),
      rows: Math.ceil(Math.ceil((height * down) / mostDown) / 8),
      nonzero: new Uint8Array(progressive && refined ? stride * unitRows * down * 64 : 0),
    }
  })
  return { progressive, unitColumns, unitRows, components }
}

interface ScanPart {
  readonly component: Component
  readonly dc: Codes | null
  readonly ac: Codes | null
}

export interface JpegScan {
  readonly parts: readonly ScanPart[]
  /** The first and last coefficient, and whether the scan refines coefficients of earlier scans. */
  readonly first: number
  readonly last: number
  readonly refines: boolean
  /** The lowest bit that the scan defines. */
  readonly low: number
}

/** Reads a start-of-scan segment; null if it is contradictory. `tables`: codes by class · 16 + number. */
export function scanOf(
  bytes: Uint8Array,
  at: number,
  { components, progressive }: JpegFrame,
  tables: ReadonlyMap<number, Codes>,
): JpegScan | null {
  const count = bytes[at + 4]
  if (count < 1 || count > 4 || big16(bytes, at + 2) < 6 + 2 * count) return null
  const parts: ScanPart[] = []
  for (let i = 0; i < count; i++) {
    const [id, numbers] = [bytes[at + 5 + 2 * i], bytes[at + 6 + 2 * i]]
    const component = components.find((one) => one.id === id)
    if (!component) return null
    parts.push({ component, dc: tables.get(numbers >> 4) ?? null, ac: tables.get(16 + (numbers & 15)) ?? null })
  }
  const [first, last, approximation] = bytes.subarray(at + 5 + 2 * count, at + 8 + 2 * count)
  if (!progressive) return { parts, first: 0, last: 63, refines: false, low: 0 }
  if (last > 63 || first > last || (first === 0 ? last > 0 : count > 1)) return null
  return { parts, first, last, refines: approximation >> 4 !== 0, low: approximation & 15 }
}

/** What is left of a run of blocks without further coefficients. */
interface Run {
  blocks: number
}

/** Follows one block; false for an unknown code. `at`: position of its coefficients in `nonzero`. */
type Follow = (bits: Bits, part: ScanPart, at: number, run: Run) => boolean

const followSequential: Follow = (bits, { dc, ac }) => {
  if (!dc || !ac) return false
  const size = symbolOf(bits, dc)
  if (size < 0 || size > 16) return false
  read(bits, size)
  return skipCoefficients(bits, ac)
}

const followDc: Follow = (bits, { dc }) => {
  const size = dc ? symbolOf(bits, dc) : -1
  if (size < 0 || size > 16) return false
  read(bits, size)
  return true
}

const refineDc: Follow = (bits) => {
  read(bits, 1)
  return true
}

const followAc =
  ({ first, last }: JpegScan): Follow =>
  (bits, { component: { nonzero }, ac }, at, run) => {
    if (run.blocks > 0) {
      run.blocks--
      return true
    }
    if (!ac) return false
    for (let k = first; k <= last; k++) {
      const symbol = symbolOf(bits, ac)
      if (symbol < 0) return false
      const [zeros, size] = [symbol >> 4, symbol & 15]
      if (size === 0 && zeros < 15) {
        run.blocks = (1 << zeros) + read(bits, zeros) - 1
        return true
      }
      k += zeros
      if (size > 0) {
        read(bits, size)
        if (k <= last && nonzero.length > 0) nonzero[at + k] = 1
      }
    }
    return true
  }

const refineAc =
  ({ first, last }: JpegScan): Follow =>
  (bits, { component: { nonzero }, ac }, at, run) => {
    if (!ac) return false
    let k = first
    while (run.blocks === 0 && k <= last) {
      const symbol = symbolOf(bits, ac)
      if (symbol < 0) return false
      let zeros = symbol >> 4
      const isNew = (symbol & 15) !== 0
      if (isNew) read(bits, 1)
      else if (zeros < 15) {
        run.blocks = (1 << zeros) + read(bits, zeros)
        break
      }
      // Coefficients that are known get one more bit each; the others are counted.
      for (; k <= last; k++) {
        if (nonzero[at + k]) read(bits, 1)
        else if (--zeros < 0) break
      }
      if (isNew && k <= last) nonzero[at + k] = 1
      k++
    }
    if (run.blocks > 0) {
      for (; k <= last; k++) if (nonzero[at + k]) read(bits, 1)
      run.blocks--
    }
    return true
  }

function followOf(scan: JpegScan, { progressive }: JpegFrame): Follow {
  if (!progressive) return followSequential
  if (scan.first === 0) return scan.refines ? refineDc : followDc
  return scan.refines ? refineAc(scan) : followAc(scan)
}

/** Calls `follow` for the blocks of a unit; false for an unknown code. */
function followUnit(
  bits: Bits,
  { parts }: JpegScan,
  frame: JpegFrame,
  unit: number,
  follow: Follow,
  run: Run,
): boolean {
  if (parts.length === 1) {
    const { columns, stride } = parts[0].component
    return follow(bits, parts[0], 64 * (Math.floor(unit / columns) * stride + (unit % columns)), run)
  }
  const [row, column] = [Math.floor(unit / frame.unitColumns), unit % frame.unitColumns]
  for (const part of parts) {
    const { across, down, stride } = part.component
    for (let y = 0; y < down; y++)
      for (let x = 0; x < across; x++)
        if (!follow(bits, part, 64 * ((row * down + y) * stride + column * across + x), run)) return false
  }
  return true
}

/** Position of the next marker; −1 if there is none. */
function markerFrom(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from)
  while (at >= 0 && (bytes[at + 1] === 0 || bytes[at + 1] === 0xff)) at = bytes.indexOf(0xff, at + 1)
  return at >= 0 && at + 1 < bytes.length ? at : -1
}

/** The position after the restart marker that follows; −1 if another marker or none does. */
function afterRestart(bytes: Uint8Array, from: number): number {
  const at = markerFrom(bytes, from)
  return at >= 0 && bytes[at + 1] >= 0xd0 && bytes[at + 1] <= 0xd7 ? at + 2 : -1
}

/** Position after the last byte of which bits were read. */
function endOf({ data, at, count, added }: Bits): number {
  let end = at
  for (let unread = (count - added) >> 3; unread > 0; unread--)
    end -= data[end - 1] === 0 && data[end - 2] === 0xff ? 2 : 1
  return end
}

/**
 * - An object: all blocks are there. `end` is the position after them; `padded` is false if the bits after the last block
 *   are not those that an encoder adds, and bytes follow.
 * - `short`: the data end before the last block.
 * - `unclear`: the data cannot be followed.
 */
export type ScanEnd = { readonly end: number; readonly padded: boolean } | 'short' | 'unclear'

/** Bits after the last block are ones, and the last byte is not 0, which stands for missing data. */
function isPadded({ data, held, count, added }: Bits, end: number): boolean {
  const rest = (count - added) & 7
  const ones = (1 << rest) - 1
  return ((held >>> (count - rest)) & ones) === ones && (data[end - 1] !== 0 || data[end - 2] === 0xff)
}

/** Follows a scan whose coded data start at `at`. `interval`: units between restart markers; 0 for none. */
export function followScan(bytes: Uint8Array, at: number, frame: JpegFrame, scan: JpegScan, interval: number): ScanEnd {
  const follow = followOf(scan, frame)
  const [single] = scan.parts
  const units =
    scan.parts.length === 1 ? single.component.columns * single.component.rows : frame.unitColumns * frame.unitRows
  const run: Run = { blocks: 0 }
  let bits = bitsAt(bytes, at)
  for (let unit = 0; unit < units; unit++) {
    if (interval > 0 && unit > 0 && unit % interval === 0) {
      const from = afterRestart(bytes, bits.at)
      if (from < 0) return 'short'
      bits = bitsAt(bytes, from)
      run.blocks = 0
    }
    if (!followUnit(bits, scan, frame, unit, follow, run)) return isBeyond(bits) ? 'short' : 'unclear'
    if (isBeyond(bits)) return 'short'
  }
  const end = endOf(bits)
  return { end, padded: end === bytes.length || isPadded(bits, end) }
}
