/** BMP files of true color, by fast-bmp: sharp reads none, and so every host reads the same ones. */
import { decode } from 'fast-bmp'
import type { Pixels } from '../source.ts'

/** Why a BMP cannot be read, or null: others than those of 24 and 32 bits a pixel are rare, and the library has no palettes. */
export function bmpRefusal(bytes: Uint8Array): string | null {
  const bits = bytes.length < 30 ? 0 : bytes[28] + 256 * bytes[29]
  return bits === 24 || bits === 32 ? null : `unsupported: BMP of ${bits} bits a pixel`
}

/** Alpha is dropped. Throws for a damaged file. */
export function decodeBmp(bytes: Uint8Array): Pixels {
  const { data: samples, width, height, channels } = decode(bytes)
  // The library's types allow anything that holds bytes; at more than 8 bits a pixel it gives these.
  const data = samples as Uint8Array
  const rgb = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) for (let c = 0; c < 3; c++) rgb[3 * i + c] = data[channels * i + c]
  return { width, height, data: rgb }
}
