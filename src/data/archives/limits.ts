/** How much a source may unpack to, so that a small file cannot fill memory or the disk. */
import { DataError } from '../source.ts'

const mebibyte = 2 ** 20

export const limits = {
  /** Of one image or list, unpacked. */
  fileBytes: 256 * mebibyte,
  /** Unpacked to packed, of one file. */
  fileRatio: 1000,
  /** Up to here any ratio goes. */
  freeBytes: mebibyte,
  /** Unpacked to packed, of an archive, which cannot be reached with images in it. */
  archiveRatio: 100,
  archiveFreeBytes: 64 * mebibyte,
  /** The share of the free space that unpacking may take. */
  spaceShare: 0.9,
  /** Archives within archives that are opened. */
  depth: 3,
} as const

const sizeText = (bytes: number) =>
  bytes >= 1024 * mebibyte ? `${(bytes / 1024 / mebibyte).toFixed(1)} GiB` : `${Math.floor(bytes / mebibyte)} MiB`

/** Why a file of an archive is not unpacked, by what the archive says of it; or null. */
export function tooLarge(packed: number, unpacked: number): string | null {
  if (unpacked > limits.fileBytes) return `more than ${sizeText(limits.fileBytes)} once unpacked`
  if (unpacked > limits.freeBytes && unpacked > packed * limits.fileRatio)
    return `it would unpack to more than ${limits.fileRatio} times its size`
  return null
}

/**
 * The same stream, which fails with DataError as soon as it is longer than an archive of `packed` bytes may be, or than
 * fits into the free space.
 */
export function bounded(packed: number, freeSpace: number): TransformStream<Uint8Array, Uint8Array> {
  const byRatio = Math.max(limits.archiveFreeBytes, packed * limits.archiveRatio)
  const bySpace = freeSpace * limits.spaceShare
  let length = 0
  return new TransformStream({
    transform(chunk, controller) {
      length += chunk.length
      if (length > bySpace)
        throw new DataError(
          `unpacked it takes more than the ${sizeText(bySpace)} that are free; make room or unpack it`,
        )
      if (length > byRatio)
        throw new DataError(
          `unpacked it takes more than ${sizeText(byRatio)}, over ${limits.archiveRatio} times its size: no archive of images`,
        )
      controller.enqueue(chunk)
    },
  })
}
