/** Reads bits and Huffman codes from the coded data of a JPEG. Beyond the end, or after a marker, all bits are 0. */
import type { HuffmanTable } from './frame.ts'

export class Bits {
  private held = 0
  private count = 0

  constructor(
    private readonly bytes: Uint8Array,
    /** Position of the next byte. */
    public at: number,
  ) {}

  private fill(): void {
    while (this.count <= 16) {
      let next = 0
      if (this.at < this.bytes.length) {
        next = this.bytes[this.at]
        if (next !== 0xff) this.at++
        else if (this.bytes[this.at + 1] === 0) this.at += 2
        else next = 0
      }
      this.held = ((this.held << 8) | next) & 0xffffff
      this.count += 8
    }
  }

  read(length: number): number {
    if (length === 0) return 0
    if (this.count < length) this.fill()
    this.count -= length
    return (this.held >> this.count) & ((1 << length) - 1)
  }

  /** The symbol of the next code; 0 for a code that is not in the table. */
  symbol({ limits, offsets, symbols }: HuffmanTable): number {
    if (this.count < 16) this.fill()
    const next = (this.held >> (this.count - 16)) & 0xffff
    let length = 1
    while (length <= 16 && next >= limits[length]) length++
    if (length > 16) {
      this.count -= 16
      return 0
    }
    this.count -= length
    return symbols[offsets[length] + (next >> (16 - length))] ?? 0
  }

  /** A signed number of `length` bits (T.81, figure F.12). */
  signed(length: number): number {
    const value = this.read(length)
    return length === 0 || value >= 1 << (length - 1) ? value : value - (1 << length) + 1
  }

  /** Drops the rest of a byte, and a restart marker. */
  restart(): void {
    this.held = 0
    this.count = 0
    while (this.bytes[this.at] === 0xff && this.bytes[this.at + 1] === 0xff) this.at++
    const marker = this.bytes[this.at + 1]
    if (this.bytes[this.at] === 0xff && marker >= 0xd0 && marker <= 0xd7) this.at += 2
  }
}
