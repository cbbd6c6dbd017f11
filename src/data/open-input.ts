/** Opens what the page hands to its worker. */
import type { DataInput } from '../events.ts'
import { archiveListing, stamped, withArchives } from './archive.ts'
import type { CheckStore } from './checks.ts'
import { type FetchBytes, openCifar10 } from './cifar10.ts'
import { type Entry, inWords, type Listing, type OnFound } from './entry.ts'
import { blobHost } from './host.ts'
import { usable } from './listing.ts'
import { type OpenOptions, openSet } from './read-set.ts'
import type { Decode, ImageSet, OnProgress } from './source.ts'
import type { ReadNames } from './wordnet.ts'

export interface OpenInputOptions {
  readonly fetchBytes: FetchBytes
  readonly decode: Decode
  readonly validationFraction: number
  readonly seed: number
  readonly readNames: ReadNames
  readonly checks?: CheckStore
  readonly keep?: OpenOptions['keep']
  readonly skip?: AbortSignal
  /** Hears how many files there are while they are listed. */
  readonly onFound?: OnFound
}

const fileEntry = ({ path, file }: { path: string; file: File }): Entry => ({
  path,
  size: file.size,
  read: () => inWords(async () => new Uint8Array(await file.arrayBuffer())),
  blob: () => file,
  stamp: stampOf(file),
})

const stampOf = ({ size, lastModified }: File) => `${size} ${lastModified}`

/** Throws DataError, or AbortError. */
export async function openInput(
  input: DataInput,
  options: OpenInputOptions,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<ImageSet> {
  const { fetchBytes, onFound, ...rest } = options
  const open = (listing: Listing, name: string) => {
    const { entries, refused } = usable(listing, name)
    return openSet(entries, { name, refused, ...rest }, onProgress, signal)
  }
  switch (input.kind) {
    case 'cifar10':
      return openCifar10(fetchBytes)
    case 'files': {
      const files = { entries: input.files.map(fileEntry), refused: [] }
      return open(await withArchives(files, blobHost, signal, onFound), input.name)
    }
    case 'archive': {
      const { file } = input
      return open(stamped(await archiveListing(file, file.name, blobHost, signal, onFound), stampOf(file)), file.name)
    }
    default:
      return input satisfies never
  }
}
