/** Opens a source that the command line names. */
import { readFile, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { archiveListing, withArchives } from '../archives/archive.ts'
import { usable } from '../archives/listing.ts'
import { identifiedBy } from '../archives/places.ts'
import type { Listing, OnFound } from '../entry.ts'
import { archiveIdentity, samplings } from '../identity.ts'
import { openCifar10 } from '../open/cifar10.ts'
import type { OpenOptions } from '../set/open-options.ts'
import { openSet } from '../set/read-set.ts'
import type { SplitOptions } from '../set/split.ts'
import { DataError, type ImageSet, type OnProgress } from '../source.ts'
import { decode } from './decode.ts'
import { type SourceFiles, sourceFiles } from './files.ts'
import { folderListing } from './folder.ts'
import { stampOf } from './stamp.ts'

const namesFile = fileURLToPath(new URL('../../../public/wordnet-names.txt', import.meta.url))
const readNames = () => readFile(namesFile, 'utf8')

const cifar10Folder = fileURLToPath(new URL('../../../public/data/cifar10/', import.meta.url))

/**
 * A source whose files are listed and, where needed, unpacked. Disposing of it closes its files and removes the
 * unpacked ones; the datasets read from it are unreadable after that.
 */
export interface OpenedSource extends AsyncDisposable {
  /** Reads the dataset with the given split. Throws DataError, or AbortError. */
  readonly read: (
    split: SplitOptions,
    onProgress: OnProgress,
    signal: AbortSignal,
    options?: Pick<OpenOptions, 'checks' | 'cache' | 'check'>,
  ) => Promise<ImageSet>
}

const cifar10: OpenedSource = {
  read: () => openCifar10((name) => readFile(`${cifar10Folder}${name}`)),
  [Symbol.asyncDispose]: async () => {},
}

async function listingOf(path: string, files: SourceFiles, signal: AbortSignal, onFound?: OnFound): Promise<Listing> {
  const info = await stat(path, { bigint: true }).catch(() => null)
  if (!info) throw new DataError(`no such folder or archive: ${path}`)
  if (info.isDirectory()) {
    const listing = await folderListing(path, signal, onFound, files.open)
    return withArchives(listing, files.host, signal, onFound)
  }
  const name = basename(path)
  const blob = await files.open(path)
  const archive = await archiveListing(blob, name, files.host, signal, onFound)
  return identifiedBy(
    archive,
    archiveIdentity(name, stampOf(info), () => blob, samplings.diskArchive),
  )
}

/**
 * Opens `cifar10`, or the folder or archive at a path. `onFound` receives the number of files found so far. Throws
 * DataError, or AbortError.
 */
export async function openSource(source: string, signal: AbortSignal, onFound?: OnFound): Promise<OpenedSource> {
  if (source === 'cifar10') return cifar10
  const path = resolve(source)
  const name = basename(path)
  const files = sourceFiles()
  const close = () => files[Symbol.asyncDispose]()
  try {
    const { entries, refused, notes } = usable(await listingOf(path, files, signal, onFound), name)
    return {
      read: (split, onProgress, reading, options = {}) =>
        openSet(
          entries,
          { name, identity: path, decode, readNames, refused, notes, ...options, ...split },
          onProgress,
          reading,
        ),
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
