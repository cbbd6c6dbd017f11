/** Opens what the page hands to its worker. */
import type { DataInput } from '../events.ts'
import { archiveEntries, inflateToBlob, stamped, withArchives } from './archive.ts'
import type { CheckStore } from './checks.ts'
import { type FetchBytes, openCifar10 } from './cifar10.ts'
import type { Entry } from './entry.ts'
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
}

const fileEntry = ({ path, file }: { path: string; file: File }): Entry => ({
  path,
  size: file.size,
  read: async () => new Uint8Array(await file.arrayBuffer()),
  blob: () => file,
  stamp: stampOf(file),
})

const stampOf = ({ size, lastModified }: File) => `${size} ${lastModified}`

const host = { inflate: inflateToBlob }

/** Throws DataError, or AbortError. */
export async function openInput(
  input: DataInput,
  options: OpenInputOptions,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<ImageSet> {
  const { fetchBytes, ...rest } = options
  switch (input.kind) {
    case 'cifar10':
      return openCifar10(fetchBytes)
    case 'files':
      return openSet(
        await withArchives(input.files.map(fileEntry), host, signal),
        { name: input.name, ...rest },
        onProgress,
        signal,
      )
    case 'archive':
      return openSet(
        stamped(await archiveEntries(input.file, input.file.name, host, signal), stampOf(input.file)),
        { name: input.file.name, ...rest },
        onProgress,
        signal,
      )
    default:
      return input satisfies never
  }
}
