/** Reads the EXIF orientation of a JPEG. */
import { big16 } from './big-endian.ts'

/** The orientation tag in an EXIF block whose TIFF header is at `start`; 1 without a tag. */
function tagOf(bytes: Uint8Array, start: number, end: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, Math.max(0, end - start))
  if (view.byteLength < 14) return 1
  const little = view.getUint16(0) === 0x4949
  const directory = view.getUint32(4, little)
  if (directory + 2 > view.byteLength) return 1
  const entries = view.getUint16(directory, little)
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i
    if (at + 12 > view.byteLength) return 1
    if (view.getUint16(at, little) === 0x0112) return view.getUint16(at + 8, little)
  }
  return 1
}

/** EXIF orientation of a JPEG, 1 to 8; 1 (upright) if it is missing or invalid. */
export function orientationOf(bytes: Uint8Array): number {
  for (let at = 2; at + 4 < bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1]
    if (marker === 0xda) return 1
    const length = big16(bytes, at + 2)
    const exif = marker === 0xe1 && bytes[at + 4] === 0x45 && bytes[at + 5] === 0x78 && bytes[at + 8] === 0
    if (exif) {
      const tag = tagOf(bytes, at + 10, Math.min(bytes.length, at + 2 + length))
      return tag >= 1 && tag <= 8 ? tag : 1
    }
    at += marker === 0xff ? 1 : 2 + length
  }
  return 1
}
