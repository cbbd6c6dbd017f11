/** Opens the datasets that the page sends to its worker. */
import type { DataInput } from '../../protocol/data-report.ts'
import { archiveListing, stamped, withArchives } from '../archives/archive.ts'
import { blobHost } from '../archives/host.ts'
import { usable } from '../archives/listing.ts'
import { type Entry, inWords, type Listing, type OnFound } from '../entry.ts'
import type { CheckStore } from '../set/checks.ts'
import { type OpenOptions, openSet } from '../set/read-set.ts'
import type { SplitOptions } from '../set/split.ts'
import type { ReadNames } from '../set/wordnet.ts'
import type { Decode, ImageSet, OnProgress } from '../source.ts'
import { type FetchBytes, openCifar10 } from './cifar10.ts'
import { fileError, fileOf, filesOf, guarded, guardOf, isFile, stampOf } from './handles.ts'

export interface OpenInputOptions extends SplitOptions {
  readonly fetchBytes: FetchBytes
  readonly decode: Decode
  readonly readNames: ReadNames
  readonly checks?: CheckStore
  readonly cache?: OpenOptions['cache']
  readonly skip?: AbortSignal
}

type Rest = Omit<OpenInputOptions, 'fetchBytes'>

const fileEntry = ({ path, file }: { path: string; file: File }): Entry => ({
  path,
  size: file.size,
  read: () => inWords(async () => new Uint8Array(await file.arrayBuffer())),
  blob: () => file,
  stamp: stampOf(file),
})

/** Opens a file as an archive, whatever its name. */
const archiveIn = async (file: File, signal: AbortSignal, onFound: OnFound): Promise<Listing> =>
  stamped(await archiveListing(file, file.name, blobHost, signal, onFound), stampOf(file))

/** Lists a single file as an archive, and folders or several files with the archives among them. */
async function listed(handles: readonly FileSystemHandle[], signal: AbortSignal, onFound: OnFound): Promise<Listing> {
  const [only] = handles
  if (handles.length === 1 && isFile(only)) return archiveIn(await fileOf(only), signal, onFound)
  return withArchives(await filesOf(handles, onFound, signal), blobHost, signal, onFound)
}

function open(listing: Listing, name: string, options: Rest, onProgress: OnProgress, signal: AbortSignal) {
  const { entries, refused, notes } = usable(listing, name)
  return openSet(entries, { name, refused, notes, ...options }, onProgress, signal)
}

async function openHandles(
  { name, handles }: Extract<DataInput, { kind: 'handles' }>,
  options: Rest,
  onProgress: OnProgress,
  signal: AbortSignal,
  onFound: OnFound,
): Promise<ImageSet> {
  // If the source becomes inaccessible, reading ends with its error instead of a list of unreadable files.
  const lost = new AbortController()
  try {
    const check = await guardOf(handles)
    const guard = () =>
      check().catch((error) => {
        lost.abort(error)
        throw error
      })
    const found = await listed(handles, signal, onFound)
    const either = AbortSignal.any([signal, lost.signal])
    return await open({ ...found, entries: guarded(found.entries, guard) }, name, options, onProgress, either)
  } catch (error) {
    throw fileError(name, error)
  }
}

/** Opens a dataset. Progress has a total of 0 while files are listed. Throws DataError, or AbortError. */
export async function openInput(
  input: DataInput,
  { fetchBytes, ...options }: OpenInputOptions,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<ImageSet> {
  const onFound: OnFound = (count) => onProgress(count, 0)
  switch (input.kind) {
    case 'cifar10':
      return openCifar10(fetchBytes)
    case 'files': {
      const files = { entries: input.files.map(fileEntry), refused: [] }
      const listing = await withArchives(files, blobHost, signal, onFound)
      return open(listing, input.name, options, onProgress, signal)
    }
    case 'archive': {
      const { file } = input
      return open(await archiveIn(file, signal, onFound), file.name, options, onProgress, signal)
    }
    case 'handles':
      return openHandles(input, options, onProgress, signal, onFound)
    default:
      return input satisfies never
  }
}
