/** Reads the orientation from an EXIF block and from XMP as Pillow's ImageOps.exif_transpose does. */
import { hexOf } from '../../hex.ts'

const orientationTag = 0x0112

/** The starts of a TIFF block that Pillow accepts; some writers swap the magic number. */
const starts = new Set(['49492a00', '4949002a', '4d4d002a', '4d4d2a00'])

interface FieldType {
  /** Bytes of one value. */
  readonly size: number
  /** Absent for bytes and text: Pillow does not take them for an orientation. */
  readonly read?: (view: DataView, at: number, little: boolean) => number
}

/** Types of fields (TIFF 6.0, section 2, and BigTIFF). Pillow compares numbers of every type with 1 … 8. */
const types: Readonly<Record<number, FieldType>> = {
  1: { size: 1 },
  2: { size: 1 },
  3: { size: 2, read: (view, at, little) => view.getUint16(at, little) },
  4: { size: 4, read: (view, at, little) => view.getUint32(at, little) },
  5: { size: 8, read: (view, at, little) => view.getUint32(at, little) / view.getUint32(at + 4, little) },
  6: { size: 1, read: (view, at) => view.getInt8(at) },
  7: { size: 1 },
  8: { size: 2, read: (view, at, little) => view.getInt16(at, little) },
  9: { size: 4, read: (view, at, little) => view.getInt32(at, little) },
  10: { size: 8, read: (view, at, little) => view.getInt32(at, little) / view.getInt32(at + 4, little) },
  11: { size: 4, read: (view, at, little) => view.getFloat32(at, little) },
  12: { size: 8, read: (view, at, little) => view.getFloat64(at, little) },
  13: { size: 4, read: (view, at, little) => view.getUint32(at, little) },
  16: { size: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
}

const prefix = [0x45, 0x78, 0x69, 0x66, 0, 0]
const isPrefixed = (bytes: Uint8Array, at: number) => prefix.every((value, i) => bytes[at + i] === value)

/** The orientation in an EXIF block, with or without its prefix `Exif\0\0`; null without a field for it. */
export function orientationInExif(exif: Uint8Array): number | null {
  let start = 0
  while (isPrefixed(exif, start)) start += prefix.length
  const view = new DataView(exif.buffer, exif.byteOffset + start, exif.length - start)
  const known = view.byteLength >= 8 && starts.has(hexOf(exif.subarray(start, start + 4)))
  if (!known) return null
  const little = view.getUint8(0) === 0x49
  return orientationAt(view, view.getUint32(4, little), little)
}

/** Reads the directory at `directory` up to its first field whose values lie beyond the end, as Pillow does. */
function orientationAt(view: DataView, directory: number, little: boolean): number | null {
  let found: number | null = null
  const fields = directory + 2 <= view.byteLength ? view.getUint16(directory, little) : 0
  for (let i = 0, at = directory + 2; i < fields && at + 12 <= view.byteLength; i++, at += 12) {
    const type = types[view.getUint16(at + 2, little)]
    const bytes = (type?.size ?? 0) * view.getUint32(at + 4, little)
    if (bytes === 0) continue
    const values = bytes > 4 ? view.getUint32(at + 8, little) : at + 8
    if (values + bytes > view.byteLength) break
    if (view.getUint16(at, little) === orientationTag) found = type.read?.(view, values, little) ?? 1
  }
  return found
}

/** The orientation in XMP, which counts where EXIF has none. */
export function orientationInXmp(xmp: string): number | null {
  const match = /tiff:Orientation(?:="|>)([0-9])/.exec(xmp)
  return match && Number(match[1])
}
