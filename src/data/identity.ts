/**
 * What identifies the bytes of a file without reading all of them: its place, a stamp of what the host knows about it, and
 * a hash of samples of its bytes.
 */
import { joined } from '../joined.ts'
import { sha256 } from '../sha256.ts'

export interface Identity {
  /** Where the bytes are below the source: the file's path, and the place inside its archive. */
  readonly place: string
  /**
   * Size, times, device and inode of the file, or of the archive that holds it. Null where these do not suffice to expect
   * the same bytes.
   */
  readonly stamp: string | null
  /**
   * Hash of samples of the file or of its archive. `content`: the file's contents, where the caller has them. Rejects if
   * they cannot be read.
   */
  readonly sample: (content?: Content) => Promise<string>
  /** Whether the samples are all bytes, so that equal samples alone show equal bytes. */
  readonly isWhole: boolean
}

export interface Content {
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes, hexadecimal. */
  readonly hash: string
}

/** How much of a file is sampled, in bytes. */
export interface Sampling {
  /** Files up to this size are sampled as a whole. */
  readonly whole: number
  /** Length of a block of a larger file. */
  readonly block: number
  /** Number of blocks in a file of this size, at least 2. */
  readonly blocks: (size: number) => number
}

const mebibyte = 2 ** 20
const ofEachMebibyte = (size: number) => Math.min(4096, Math.ceil(size / mebibyte))

/**
 * On a disk, device, inode and the time of the last change already show changes. A page learns only size and modification
 * time, so that it compares whole images: reading one takes hardly longer than reading a part of it.
 */
export const samplings = {
  disk: { whole: 2 ** 15, block: 2 ** 12, blocks: () => 3 },
  diskArchive: { whole: 16 * mebibyte, block: 2 ** 14, blocks: ofEachMebibyte },
  page: { whole: 16 * mebibyte, block: 2 ** 16, blocks: ofEachMebibyte },
  pageArchive: { whole: 64 * mebibyte, block: 2 ** 16, blocks: ofEachMebibyte },
} as const satisfies Record<string, Sampling>

type Range = readonly [from: number, to: number]

/** Most bytes that are hashed at once. */
const piece = 4 * mebibyte

/** The sampled ranges of bytes: the whole file in pieces, or evenly spaced blocks from the first byte to the last. */
export function rangesOf(size: number, { whole, block, blocks }: Sampling): Range[] {
  if (size <= whole)
    return Array.from({ length: Math.max(1, Math.ceil(size / piece)) }, (_, i) => [
      i * piece,
      Math.min(size, (i + 1) * piece),
    ])
  const last = blocks(size) - 1
  return Array.from({ length: last + 1 }, (_, i) => {
    const from = Math.floor(((size - block) * i) / last)
    return [from, from + block]
  })
}

/** Groups of ranges with at most `piece` bytes each. */
function grouped(ranges: readonly Range[]): Range[][] {
  const groups: Range[][] = [[]]
  let bytes = 0
  for (const range of ranges) {
    bytes += range[1] - range[0]
    if (bytes > piece) {
      groups.push([])
      bytes = range[1] - range[0]
    }
    groups.at(-1)?.push(range)
  }
  return groups
}

/** Hexadecimal digits of a sample's hash: 128 bits. */
const digits = 32

/** The sample of a file of `size` bytes, of which `read` reads ranges. */
export async function sampleBy(
  size: number,
  sampling: Sampling,
  read: (from: number, to: number) => Uint8Array | Promise<Uint8Array>,
): Promise<string> {
  const hashes: string[] = []
  for (const group of grouped(rangesOf(size, sampling))) {
    const blocks: Uint8Array[] = []
    for (const [from, to] of group) blocks.push(await read(from, to))
    hashes.push(await sha256(blocks.length === 1 ? blocks[0] : joined(blocks)))
  }
  return sampleText(size, hashes.length === 1 ? hashes[0] : await sha256(new TextEncoder().encode(hashes.join(' '))))
}

const sampleText = (size: number, hash: string) => `${size} ${hash.slice(0, digits)}`

/** The sample of a file's contents. */
export async function sampleOf({ bytes, hash }: Content, sampling: Sampling): Promise<string> {
  const { length } = bytes
  if (length <= Math.min(piece, sampling.whole)) return sampleText(length, hash)
  return sampleBy(length, sampling, (from, to) => bytes.subarray(from, to))
}

/** The sample of a file of the page. */
export const sampleOfBlob = (blob: Blob, sampling: Sampling): Promise<string> =>
  sampleBy(blob.size, sampling, async (from, to) => {
    // A slice of the whole would cost the browser as much time as the read.
    const part = to - from === blob.size ? blob : blob.slice(from, to)
    return new Uint8Array(await part.arrayBuffer())
  })

/** The identity of an archive, which is sampled once. */
export function archiveIdentity(place: string, stamp: string | null, blob: () => Blob, sampling: Sampling): Identity {
  let sampled: Promise<string> | undefined
  const sample = () => {
    sampled ??= sampleOfBlob(blob(), sampling)
    return sampled
  }
  return { place, stamp, sample, isWhole: blob().size <= sampling.whole }
}
