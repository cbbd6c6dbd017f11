/** Limits of unpacked sizes, so that a small file cannot fill memory or the disk. */
import { DataError } from '../source.ts'

const mebibyte = 2 ** 20

export const limits = {
  /** Most unpacked bytes of an image or a list. */
  fileBytes: 256 * mebibyte,
  /** Highest ratio of unpacked to packed size, for a file. */
  fileRatio: 1000,
  /** Unpacked bytes up to which every ratio is accepted. */
  freeBytes: mebibyte,
  /** Highest ratio of unpacked to packed size, for an archive; archives of images do not reach it. */
  archiveRatio: 100,
  /** Unpacked bytes of an archive up to which every ratio is accepted. */
  archiveFreeBytes: 64 * mebibyte,
  /** Fraction of the free space that unpacking may use. */
  spaceShare: 0.9,
  /** Most archives inside each other. */
  depth: 3,
} as const

const sizeText = (bytes: number) =>
  bytes >= 1024 * mebibyte ? `${(bytes / 1024 / mebibyte).toFixed(1)} GiB` : `${Math.floor(bytes / mebibyte)} MiB`

/** Why a file with the sizes in an archive's list is not unpacked; null if it is. */
export function tooLarge(packed: number, unpacked: number): string | null {
  if (unpacked > limits.fileBytes) return `larger than ${sizeText(limits.fileBytes)} when unpacked`
  if (unpacked > limits.freeBytes && unpacked > packed * limits.fileRatio)
    return `it would unpack to more than ${limits.fileRatio} times its size`
  return null
}

/**
 * Passes a stream through; fails with DataError as soon as it is longer than the limit for an archive of `packed` bytes, or
 * than the limit for the free space in bytes.
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
          `its unpacked size exceeds the ${sizeText(bySpace)} of free space; free some space, or unpack it elsewhere`,
        )
      if (length > byRatio)
        throw new DataError(
          `its unpacked size exceeds ${sizeText(byRatio)}, over ${limits.archiveRatio} times its packed size: not an archive of images`,
        )
      controller.enqueue(chunk)
    },
  })
}
