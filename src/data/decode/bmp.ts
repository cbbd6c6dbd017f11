/** Decodes true-color BMP files with fast-bmp. Every host uses it, because sharp does not read BMP. */
import { decode } from 'fast-bmp'
import type { Pixels } from '../source.ts'

/** Why a BMP cannot be read, or null. The library has no palettes; other depths than 24 and 32 bits per pixel are rare. */
export function bmpRefusal(bytes: Uint8Array): string | null {
  const bits = bytes.length < 30 ? 0 : bytes[28] + 256 * bytes[29]
  return bits === 24 || bits === 32 ? null : `unsupported: BMP with ${bits} bits per pixel`
}

/** Drops alpha. Throws for a damaged file. */
export function decodeBmp(bytes: Uint8Array): Pixels {
  const { data: samples, width, height, channels } = decode(bytes)
  // The library's type is wider; above 8 bits per pixel it returns a Uint8Array.
  const data = samples as Uint8Array
  const rgb = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) for (let c = 0; c < 3; c++) rgb[3 * i + c] = data[channels * i + c]
  return { width, height, data: rgb }
}
