/** Identifies files of a disk. */
import { type BigIntStats, close, open, read } from 'node:fs'
import { promisify } from 'node:util'
import { type Identity, sampleBy, sampleOf, samplings } from '../identity.ts'

const [openFile, readFrom, closeFile] = [promisify(open), promisify(read), promisify(close)]

export type FileFacts = Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'>

/** What is remembered of each listed file: a dataset can have a million. */
export type ListedFacts = Pick<FileFacts, 'size' | 'mtimeNs'>

export const listedFacts = ({ size, mtimeNs }: FileFacts): ListedFacts => ({ size, mtimeNs })

/**
 * Nanoseconds in which a file system may give two changes the same time: the clocks of file systems advance in steps, of up
 * to two seconds.
 */
const clockStep = 3_000_000_000n

/**
 * Device, inode, size and both times; any change of the file's bytes changes it. Null without an inode, and for a file
 * that has just changed, which could change again within the same step of the file system's clock.
 */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: FileFacts, now = Date.now()): string | null {
  const isFresh = ctimeNs > BigInt(now) * 1_000_000n - clockStep
  return ino === 0n || isFresh ? null : `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`
}

/**
 * Whether a file still is as it was listed, moments ago. Backups and links change the time of the last change but not the
 * bytes, and some network file systems renumber files, so neither counts here.
 */
export const isAsListed = (a: ListedFacts, b: ListedFacts): boolean => a.size === b.size && a.mtimeNs === b.mtimeNs

async function sampleFile(file: string, size: number): Promise<string> {
  const number = await openFile(file, 'r')
  try {
    return await sampleBy(size, samplings.disk, async (from, to) => {
      const bytes = new Uint8Array(to - from)
      const { bytesRead } = await readFrom(number, bytes, 0, bytes.length, from)
      if (bytesRead !== bytes.length) throw new Error('the file has changed since it was listed')
      return bytes
    })
  } finally {
    await closeFile(number)
  }
}

/** The identity of a file at the absolute path `file` and at `place` below its source. */
export const fileIdentity = (file: string, place: string, stamp: string | null, size: number): Identity => ({
  place,
  stamp,
  sample: (content) => (content ? sampleOf(content, samplings.disk) : sampleFile(file, size)),
  isWhole: size <= samplings.disk.whole,
})
