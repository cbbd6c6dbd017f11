/** Opens the datasets that the page sends to its worker. */
import type { DataInput } from '../../protocol/data-report.ts'
import { archiveListing, withArchives } from '../archives/archive.ts'
import { blobHost } from '../archives/host.ts'
import { usable } from '../archives/listing.ts'
import { isArchiveName } from '../archives/paths.ts'
import { identifiedBy } from '../archives/places.ts'
import { type Entry, inWords, type Listing, type OnFound } from '../entry.ts'
import { archiveIdentity, samplings } from '../identity.ts'
import type { CheckStore } from '../set/checks.ts'
import type { OpenOptions } from '../set/open-options.ts'
import { openSet } from '../set/read-set.ts'
import type { SplitOptions } from '../set/split.ts'
import type { ReadNames } from '../set/wordnet.ts'
import type { Decode, ImageSet, OnProgress } from '../source.ts'
import { type FetchBytes, openCifar10 } from './cifar10.ts'
import { fileError, fileOf, filesOf, guarded, guardOf, imageIdentity, isFile, stampOf } from './handles.ts'

export interface OpenInputOptions extends SplitOptions {
  readonly fetchBytes: FetchBytes
  readonly decode: Decode
  readonly readNames: ReadNames
  readonly checks?: CheckStore
  /** The id of a source that the page has seen before, or a new one; null where none can be stored. */
  readonly identify?: (handles: readonly FileSystemHandle[]) => Promise<string | null>
  readonly cache?: OpenOptions['cache']
  readonly check?: OpenOptions['check']
}

type Rest = Omit<OpenInputOptions, 'fetchBytes'>

/** A file without a handle. The page cannot tell it from another of its name, so that all its bytes are compared. */
const fileEntry = ({ path, file }: { path: string; file: File }): Entry => {
  const blob = () => file
  const read = () => inWords(async () => new Uint8Array(await file.arrayBuffer()))
  const identity = isArchiveName(path)
    ? archiveIdentity(path, null, blob, samplings.pageArchive)
    : imageIdentity(path, null, file.size, async () => file)
  return { path, size: file.size, read, blob, identity }
}

/** Opens a file as an archive, whatever its name. `stamp`: null if the page has no handle of it. */
async function archiveIn(file: File, stamp: string | null, signal: AbortSignal, onFound: OnFound): Promise<Listing> {
  const listing = await archiveListing(file, file.name, blobHost, signal, onFound)
  return identifiedBy(
    listing,
    archiveIdentity(file.name, stamp, () => file, samplings.pageArchive),
  )
}

/** Lists a single file as an archive, and folders or several files with the archives among them. */
async function listed(handles: readonly FileSystemHandle[], signal: AbortSignal, onFound: OnFound): Promise<Listing> {
  const [only] = handles
  if (handles.length === 1 && isFile(only)) {
    const file = await fileOf(only)
    return archiveIn(file, stampOf(file), signal, onFound)
  }
  return withArchives(await filesOf(handles, onFound, signal), blobHost, signal, onFound)
}

interface Source {
  readonly name: string
  /** Tells the source from others of its name. */
  readonly identity: string
}

function open(listing: Listing, source: Source, options: Rest, onProgress: OnProgress, signal: AbortSignal) {
  const { entries, refused, notes } = usable(listing, source.name)
  return openSet(entries, { refused, notes, ...options, ...source }, onProgress, signal)
}

/** The set of a source that may become inaccessible. */
const losable = ({ audit, asKnown, ...set }: ImageSet, lost: AbortSignal): ImageSet => ({
  ...set,
  lost,
  ...(asKnown ? { asKnown: async () => losable(await asKnown(), lost) } : {}),
  ...(audit
    ? {
        audit: async (options) =>
          losable(await audit({ ...options, signal: AbortSignal.any([options.signal, lost]) }), lost),
      }
    : {}),
})

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
        lost.abort(fileError(name, error))
        throw error
      })
    const found = await listed(handles, signal, onFound)
    const either = AbortSignal.any([signal, lost.signal])
    const id = await options.identify?.(handles)
    // Checks of an unknown source are not stored.
    const rest = id ? options : { ...options, checks: undefined }
    const source = { name, identity: `handle ${id}` }
    const set = await open({ ...found, entries: guarded(found.entries, guard) }, source, rest, onProgress, either)
    return losable(set, lost.signal)
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
      const source = { name: input.name, identity: `files ${input.name}` }
      return open(listing, source, options, onProgress, signal)
    }
    case 'archive': {
      const { file } = input
      const source = { name: file.name, identity: `file ${file.name}` }
      return open(await archiveIn(file, null, signal, onFound), source, options, onProgress, signal)
    }
    case 'handles':
      return openHandles(input, options, onProgress, signal, onFound)
    default:
      return input satisfies never
  }
}
