/** Reads the bits and Huffman codes of a JPEG's coded data (ITU T.81, annexes C and F) without decoding values. */

/** A position in coded data. `held` has the next `count` bits in its low bits. */
export interface Bits {
  readonly data: Uint8Array
  at: number
  held: number
  count: number
  /** Bits that were added after the end of the data: a marker, or the end of the file. */
  added: number
}

export const bitsAt = (data: Uint8Array, at: number): Bits => ({ data, at, held: 0, count: 0, added: 0 })

/** Fills up to at least 25 bits, with zeros after the end of the data. */
export function fill(bits: Bits): void {
  const { data } = bits
  while (bits.count <= 24) {
    let value = data[bits.at]
    if (value === undefined) {
      value = 0
      bits.added += 8
    } else if (value === 0xff) {
      let next = bits.at + 1
      while (data[next] === 0xff) next++
      if (data[next] === 0) bits.at = next + 1
      else {
        value = 0
        bits.added += 8
      }
    } else bits.at++
    bits.held = (bits.held << 8) | value
    bits.count += 8
  }
}

/** Whether more bits were read than there are. */
export const isBeyond = (bits: Bits): boolean => bits.count < bits.added

/** Reads up to 16 bits. */
export function read(bits: Bits, length: number): number {
  if (bits.count < length) fill(bits)
  bits.count -= length
  return (bits.held >>> bits.count) & ((1 << length) - 1)
}

/** Bits that are looked up at once: for a symbol, and for several symbols of coefficients. */
const quick = 9
const long = 12

export interface Codes {
  /** The symbol of each code of at most nine bits with the bits after it, as length · 256 + symbol; 0 for longer codes. */
  readonly short: Uint16Array
  /**
   * For coefficients, as many symbols as twelve bits hold: their bits with those of the values, + 256 · coefficients that
   * they cover, + 65536 · those that all but the last cover. 0 if twelve bits hold no symbol. Empty for codes of sizes (DC).
   */
  readonly steps: Uint32Array
  /** The largest code of each length, or −1, and the index of the first symbol less its code. */
  readonly largest: Int32Array
  readonly offset: Int32Array
  readonly symbols: Uint8Array
}

/** Coefficients that a symbol of a sequential scan covers: zeros and a value, 16 zeros, or the rest of the block. */
const covered = (symbol: number) => ((symbol & 15) === 0 && symbol !== 0xf0 ? 64 : (symbol >> 4) + 1)

/** Most bits that one step reads; `skipCoefficients` holds at least as many. */
const mostBits = 25

function stepsOf(short: Uint16Array): Uint32Array {
  const steps = new Uint32Array(1 << long)
  for (let pattern = 0; pattern < steps.length; pattern++) {
    let [bits, coefficients, before] = [0, 0, 0]
    while (bits < long && coefficients < 64) {
      const found = short[((pattern << bits) & (steps.length - 1)) >> (long - quick)]
      const after = bits + (found >> 8) + (found & 15)
      if (found === 0 || bits + (found >> 8) > long || after > mostBits) break
      before = coefficients
      coefficients += covered(found & 255)
      bits = after
    }
    steps[pattern] = bits | (coefficients << 8) | (before << 16)
  }
  return steps
}

const noSteps = new Uint32Array(0)

/** Makes codes from the number of codes of each length (1 to 16) and their symbols; null if they are contradictory. */
export function codesOf(counts: Uint8Array, symbols: Uint8Array, forCoefficients: boolean): Codes | null {
  const short = new Uint16Array(1 << quick)
  const [largest, offset] = [new Int32Array(17).fill(-1), new Int32Array(17)]
  for (let length = 1, code = 0, index = 0; length <= 16; length++, code <<= 1) {
    const count = counts[length - 1]
    if (code + count > 1 << length || index + count > symbols.length) return null
    offset[length] = index - code
    for (const symbol of symbols.subarray(index, index + count)) {
      if (length <= quick) short.fill(length * 256 + symbol, code << (quick - length), (code + 1) << (quick - length))
      code++
    }
    index += count
    if (count > 0) largest[length] = code - 1
  }
  return { short, steps: forCoefficients ? stepsOf(short) : noSteps, largest, offset, symbols }
}

/** Reads a code and returns its symbol; −1 for an unknown code. */
export function symbolOf(bits: Bits, { short, largest, offset, symbols }: Codes): number {
  if (bits.count < 16) fill(bits)
  const { held, count } = bits
  const found = short[(held >>> (count - quick)) & ((1 << quick) - 1)]
  if (found) {
    bits.count -= found >> 8
    return found & 255
  }
  for (let length = quick + 1; length <= 16; length++) {
    const code = (held >>> (count - length)) & ((1 << length) - 1)
    if (code <= largest[length]) {
      bits.count -= length
      return symbols[offset[length] + code]
    }
  }
  return -1
}

/** Skips the 63 coefficients of a block in a sequential scan. False for an unknown code. */
export function skipCoefficients(bits: Bits, codes: Codes): boolean {
  const { steps } = codes
  const { data } = bits
  // Local variables are twice as fast as the fields of an object.
  let { at, held, count } = bits
  for (let k = 1; k < 64; ) {
    while (count <= 24) {
      const value = data[at]
      if (!(value < 0xff)) break
      held = (held << 8) | value
      count += 8
      at++
    }
    const found = count > 24 ? steps[(held >>> (count - long)) & ((1 << long) - 1)] : 0
    // A block can end before the last of several symbols.
    if (found && k + (found >> 16) < 64) {
      count -= found & 255
      k += (found >> 8) & 255
      continue
    }
    bits.at = at
    bits.held = held
    bits.count = count
    if (count <= 24) fill(bits)
    else {
      const symbol = symbolOf(bits, codes)
      if (symbol < 0) return false
      read(bits, symbol & 15)
      k += covered(symbol)
    }
    ;({ at, held, count } = bits)
  }
  bits.at = at
  bits.held = held
  bits.count = count
  return true
}
