/**
 * Checks the segments of a JPEG (ITU T.81, annex B) and follows its coded data, so that an image whose data end early is
 * refused on every host, and one that lacks only its end marker is read.
 */
import { big16 } from './big-endian.ts'
import { type Codes, codesOf } from './jpeg-bits.ts'
import { followScan, frameOf, type JpegFrame, type JpegScan, scanOf } from './jpeg-scans.ts'

/** Start-of-frame codes that decoders do not support, with the name of their process. */
const unsupported: Readonly<Record<number, string>> = {
  195: 'lossless',
  197: 'hierarchical',
  198: 'hierarchical',
  199: 'lossless',
  201: 'arithmetic coding',
  202: 'arithmetic coding',
  203: 'lossless',
  205: 'arithmetic coding',
  206: 'arithmetic coding',
  207: 'lossless',
}

const marker = {
  progressive: 0xc2,
  tables: 0xc4,
  extension: 0xc8,
  arithmetic: 0xcc,
  restart: 0xd0,
  end: 0xd9,
  scan: 0xda,
  interval: 0xdd,
} as const

const isFrame = (code: number) =>
  code >= 0xc0 && code <= 0xcf && code !== marker.tables && code !== marker.extension && code !== marker.arithmetic
/** Markers without a length: restarts, start of image, and a temporary one. */
const isBare = (code: number) => (code >= marker.restart && code <= 0xd8) || code === 0x01
/** Segments that can occur between scans; decoders ignore other codes in coded data. */
const betweenScans = (code: number) => code === marker.tables || (code >= marker.end && code <= 0xef) || code === 0xfe

function frameDamage(bytes: Uint8Array, at: number, code: number): string | null {
  const kind = unsupported[code]
  if (kind) return `unsupported JPEG (${kind})`
  if (bytes[at + 4] !== 8) return `unsupported JPEG (${bytes[at + 4]} bits per sample)`
  if (big16(bytes, at + 5) === 0 || big16(bytes, at + 7) === 0) return 'the JPEG has no pixels'
  return null
}

/** Position of the marker that ends coded data; the file's length if there is none. */
function afterScan(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from)
  while (at >= 0 && at + 1 < bytes.length && !betweenScans(bytes[at + 1])) at = bytes.indexOf(0xff, at + 1)
  return at < 0 || at + 1 >= bytes.length ? bytes.length : at
}

const cutOff = 'the JPEG is truncated'
const short = 'the JPEG is truncated: its data end before its last block'

/** What the segments so far say. */
interface State {
  /** The scans whose coded data are followed; those that refine coefficients take memory for each coefficient. */
  readonly follow: 'none' | 'all but refining' | 'all'
  readonly tables: Map<number, Codes>
  frame: JpegFrame | null
  interval: number
  framed: boolean
  scanned: boolean
  /** Coefficients that no scan has given to the last bit, by component. */
  readonly missing: Map<number, Set<number>>
  /** Position after the last scan, once no coefficient is missing. */
  complete: number | null
}

/** Reads the Huffman tables of a segment. */
function readTables(bytes: Uint8Array, from: number, end: number, tables: State['tables']): void {
  for (let at = from; at + 17 <= end; ) {
    const counts = bytes.subarray(at + 1, at + 17)
    const length = counts.reduce((sum, count) => sum + count, 0)
    const codes = codesOf(counts, bytes.subarray(at + 17, Math.min(end, at + 17 + length)), bytes[at] >= 16)
    if (codes) tables.set(bytes[at], codes)
    else tables.delete(bytes[at])
    at += 17 + length
  }
}

const allCoefficients = Array.from({ length: 64 }, (_, k) => k)

function readFrame(bytes: Uint8Array, at: number, code: number, state: State): string | null {
  const damage = frameDamage(bytes, at, code)
  if (damage) return damage
  state.framed = true
  state.frame = frameOf(bytes, at, code === marker.progressive, state.follow === 'all')
  state.missing.clear()
  for (const { id } of state.frame?.components ?? []) state.missing.set(id, new Set(allCoefficients))
  return null
}

/** Notes the coefficients that a whole scan gave, and its end if the image is complete. */
function complete({ missing }: State, { parts, first, last, low }: JpegScan): boolean {
  if (low === 0)
    for (const { component } of parts) for (let k = first; k <= last; k++) missing.get(component.id)?.delete(k)
  return [...missing.values()].every((coefficients) => coefficients.size === 0)
}

/** Follows the scan whose header lies at `at` and ends at `end`. Returns its damage. */
function readScan(bytes: Uint8Array, at: number, end: number, state: State): string | null {
  state.scanned = true
  const { frame, follow } = state
  const scan = follow === 'none' ? null : frame && scanOf(bytes, at, frame, state.tables)
  if (!frame || !scan || (follow !== 'all' && scan.refines && scan.first > 0)) return null
  const found = followScan(bytes, end, frame, scan, state.interval)
  if (found === 'short') return afterScan(bytes, end) === bytes.length ? cutOff : short
  if (found !== 'unclear' && follow === 'all') state.complete = complete(state, scan) && found.padded ? found.end : null
  return null
}

/** Reads a segment with a length; returns its damage. */
function readSegment(bytes: Uint8Array, at: number, end: number, state: State): string | null {
  const code = bytes[at + 1]
  if (isFrame(code)) return readFrame(bytes, at, code, state)
  if (code === marker.tables) readTables(bytes, at + 4, end, state.tables)
  if (code === marker.interval) state.interval = big16(bytes, at + 4)
  return code === marker.scan ? readScan(bytes, at, end, state) : null
}

/** Reads the segments up to the end marker; returns the damage. */
function readSegments(bytes: Uint8Array, state: State): string | null {
  let at = 2
  while (at + 1 < bytes.length) {
    const code = bytes[at + 1]
    if (code === marker.end && bytes[at] === 0xff)
      return state.framed && state.scanned ? null : 'the JPEG contains no image'
    // Decoders ignore bytes between segments.
    if (bytes[at] !== 0xff || code === 0xff || code === 0) at++
    else if (isBare(code)) at += 2
    else {
      const end = at + 2 + big16(bytes, at + 2)
      if (!(end <= bytes.length)) return cutOff
      if (end < at + 4) return 'the JPEG header is damaged'
      const damage = readSegment(bytes, at, end, state)
      if (damage) return damage
      at = code === marker.scan ? afterScan(bytes, end) : end
    }
  }
  return cutOff
}

function stateOf(follow: State['follow']): State {
  const empty = { frame: null, interval: 0, framed: false, scanned: false, complete: null }
  return { ...empty, follow, tables: new Map(), missing: new Map() }
}

/** The end of the coded data of a JPEG without an end marker whose blocks are all there; null if one is missing. */
function endOfBlocks(bytes: Uint8Array): number | null {
  const state = stateOf('all')
  readSegments(bytes, state)
  return state.complete
}

/** The defect of bytes that start like a JPEG; null if it has its whole image. */
export function jpegDamage(bytes: Uint8Array): string | null {
  const state = stateOf('all but refining')
  const damage = readSegments(bytes, state)
  return damage === null || (state.scanned && endOfBlocks(bytes) !== null) ? null : damage
}

/** The same JPEG, with an end marker after its image if it has none. Call it for a JPEG without damage. */
export function withJpegEnd(bytes: Uint8Array): Uint8Array {
  const last = bytes.length - 2
  if (bytes[last] === 0xff && bytes[last + 1] === marker.end) return bytes
  if (readSegments(bytes, stateOf('none')) === null) return bytes
  const end = endOfBlocks(bytes) ?? bytes.length
  const whole = new Uint8Array(end + 2)
  whole.set(bytes.subarray(0, end))
  whole.set([0xff, marker.end], end)
  return whole
}
