/** Opens what the page hands to its worker. */
import type { DataInput } from '../events.ts'
import { archiveEntries, inflateToBlob, stamped, withArchives } from './archive.ts'
import type { CheckStore } from './checks.ts'
import { type FetchBytes, openCifar10 } from './cifar10.ts'
import type { Entry } from './entry.ts'
import { fileError, fileOf, filesOf, guarded, guardOf, isFile, stampOf } from './handles.ts'
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

const host = { inflate: inflateToBlob }

type Rest = Omit<OpenInputOptions, 'fetchBytes'>

const archiveIn = async (file: File, signal: AbortSignal) =>
  stamped(await archiveEntries(file, file.name, host, signal), stampOf(file))

/** One file is an archive, whatever its name; folders and several files are looked through for archives. */
async function listed(handles: readonly FileSystemHandle[], onProgress: OnProgress, signal: AbortSignal) {
  const [only] = handles
  if (handles.length === 1 && isFile(only)) return { entries: await archiveIn(await fileOf(only), signal), refused: [] }
  const { entries, refused } = await filesOf(handles, (files) => onProgress(files, 0), signal)
  return { entries: await withArchives(entries, host, signal), refused }
}

async function openHandles(
  { name, handles }: Extract<DataInput, { kind: 'handles' }>,
  options: Rest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<ImageSet> {
  // A source that is lost midway ends the reading; else each of its files would be listed as unreadable.
  const lost = new AbortController()
  try {
    const check = await guardOf(handles)
    const guard = () =>
      check().catch((error) => {
        lost.abort(error)
        throw error
      })
    const { entries, refused } = await listed(handles, onProgress, signal)
    const either = AbortSignal.any([signal, lost.signal])
    return await openSet(guarded(entries, guard), { name, refused, ...options }, onProgress, either)
  } catch (error) {
    throw fileError(name, error)
  }
}

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
      return openSet(await archiveIn(input.file, signal), { name: input.file.name, ...rest }, onProgress, signal)
    case 'handles':
      return openHandles(input, rest, onProgress, signal)
    default:
      return input satisfies never
  }
}
