/** Decodes the scans of a JPEG with Huffman coding to coefficients (ITU T.81, annexes F and G). */
import { Bits } from './bits.ts'
import { type Component, type Frame, type HuffmanTable, natural, type Tables } from './frame.ts'

/** A component in a scan. */
interface Part {
  readonly component: Component
  readonly dc: HuffmanTable | undefined
  readonly ac: HuffmanTable | undefined
  /** The DC coefficient of the block before. */
  before: number
}

interface Scan {
  readonly bits: Bits
  readonly parts: readonly Part[]
  /** First and last coefficient in zigzag order. */
  readonly first: number
  readonly last: number
  /** Bits of precision that earlier scans and this scan leave to later ones. */
  readonly high: number
  readonly low: number
  /** Blocks without further coefficients that follow. */
  empty: number
}

const missing = () => new Error('the JPEG is damaged (a scan without its table)')

function tableOf(table: HuffmanTable | undefined): HuffmanTable {
  if (!table) throw missing()
  return table
}

type DecodeBlock = (scan: Scan, part: Part, at: number) => void

const sequential: DecodeBlock = ({ bits }, part, at) => {
  const { coefficients } = part.component
  const ac = tableOf(part.ac)
  part.before += bits.signed(bits.symbol(tableOf(part.dc)) & 15)
  coefficients[at] = part.before
  for (let k = 1; k < 64; k++) {
    const symbol = bits.symbol(ac)
    const [run, size] = [symbol >> 4, symbol & 15]
    if (size === 0 && run < 15) return
    k += run
    if (size > 0 && k < 64) coefficients[at + natural[k]] = bits.signed(size)
  }
}

const firstDc: DecodeBlock = ({ bits, low }, part, at) => {
  part.before += bits.signed(bits.symbol(tableOf(part.dc)) & 15)
  part.component.coefficients[at] = part.before << low
}

const refineDc: DecodeBlock = ({ bits, low }, { component }, at) => {
  if (bits.read(1)) component.coefficients[at] |= 1 << low
}

const firstAc: DecodeBlock = (scan, { component, ac }, at) => {
  if (scan.empty > 0) {
    scan.empty--
    return
  }
  const { bits, last, low } = scan
  for (let k = scan.first; k <= last; k++) {
    const symbol = bits.symbol(tableOf(ac))
    const [run, size] = [symbol >> 4, symbol & 15]
    if (size === 0 && run < 15) {
      scan.empty = (1 << run) - 1 + bits.read(run)
      return
    }
    k += run
    if (size > 0 && k < 64) component.coefficients[at + natural[k]] = bits.signed(size) << low
  }
}

/** Reads a further bit of a coefficient that is not zero. */
function refine({ bits, low }: Scan, coefficients: Int16Array, at: number): void {
  const value = coefficients[at]
  if (bits.read(1) && (Math.abs(value) & (1 << low)) === 0) coefficients[at] += value > 0 ? 1 << low : -1 << low
}

/** Refines coefficients from `k` on, up to the zero after `run` others. Returns its position in zigzag order. */
function refineRun(scan: Scan, coefficients: Int16Array, at: number, from: number, run: number): number {
  let [k, left] = [from, run]
  for (; k <= scan.last; k++) {
    const position = at + natural[k]
    if (coefficients[position] !== 0) refine(scan, coefficients, position)
    else if (left-- === 0) break
  }
  return k
}

const refineAc: DecodeBlock = (scan, { component: { coefficients }, ac }, at) => {
  const { bits, last, low } = scan
  let k = scan.first
  for (; k <= last && scan.empty === 0; k++) {
    const symbol = bits.symbol(tableOf(ac))
    const [run, size] = [symbol >> 4, symbol & 15]
    if (size === 0 && run < 15) {
      scan.empty = (1 << run) + bits.read(run)
      break
    }
    const value = size === 0 ? 0 : bits.read(1) ? 1 << low : -1 << low
    k = refineRun(scan, coefficients, at, k, run)
    if (value !== 0 && k < 64) coefficients[at + natural[k]] = value
  }
  if (scan.empty > 0) {
    refineRun(scan, coefficients, at, k, 64)
    scan.empty--
  }
}

function decoderOf({ progressive }: Frame, { first, high }: Scan): DecodeBlock {
  if (!progressive) return sequential
  if (first === 0) return high === 0 ? firstDc : refineDc
  return high === 0 ? firstAc : refineAc
}

/** Calls `unit` for each unit of a scan, and restarts after the interval. */
function withRestarts(scan: Scan, units: number, interval: number, unit: (index: number) => void): void {
  for (let index = 0; index < units; index++) {
    if (interval > 0 && index > 0 && index % interval === 0) {
      scan.bits.restart()
      scan.empty = 0
      for (const part of scan.parts) part.before = 0
    }
    unit(index)
  }
}

/** A scan of one component has the blocks that the image needs; others have whole units of all their components. */
function decodeBlocks(frame: Frame, scan: Scan, interval: number): void {
  const decode = decoderOf(frame, scan)
  const [only] = scan.parts
  if (scan.parts.length === 1) {
    const { width, height, columns } = only.component
    const [across, down] = [Math.ceil(width / 8), Math.ceil(height / 8)]
    const block = (i: number) => decode(scan, only, 64 * (Math.floor(i / across) * columns + (i % across)))
    withRestarts(scan, across * down, interval, block)
    return
  }
  const [across, down] = [Math.ceil(frame.width / (8 * frame.across)), Math.ceil(frame.height / (8 * frame.down))]
  withRestarts(scan, across * down, interval, (i) => {
    const [row, column] = [Math.floor(i / across), i % across]
    for (const part of scan.parts) {
      const { component } = part
      for (let y = 0; y < component.down; y++) {
        const line = (row * component.down + y) * component.columns + column * component.across
        for (let x = 0; x < component.across; x++) decode(scan, part, 64 * (line + x))
      }
    }
  })
}

/** Decodes the scan whose header's body is at `at`. Returns the position after its coded data. */
export function decodeScan(bytes: Uint8Array, at: number, frame: Frame, tables: Tables): number {
  const count = bytes[at]
  const parts = Array.from({ length: count }, (_, i): Part => {
    const [id, numbers] = [bytes[at + 1 + 2 * i], bytes[at + 2 + 2 * i]]
    const component = frame.components.find((one) => one.id === id)
    if (!component) throw new Error('the JPEG is damaged (a scan of an unknown component)')
    component.quantization ??= tables.quantization[component.table] ?? null
    return { component, dc: tables.dc[numbers >> 4], ac: tables.ac[numbers & 15], before: 0 }
  })
  const end = at + 1 + 2 * count
  const bits = new Bits(bytes, end + 3)
  const [first, last, precision] = bytes.subarray(end, end + 3)
  const scan: Scan = { bits, parts, first, last, high: precision >> 4, low: precision & 15, empty: 0 }
  decodeBlocks(frame, scan, tables.restartInterval)
  return bits.at
}
