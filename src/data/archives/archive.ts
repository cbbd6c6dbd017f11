/**
 * Archives, told apart by their content and indexed where they lie: .zip, .tar, .tar.gz, parquet; archives within
 * archives, as ILSVRC2012 comes; and those whose images have their labels beside them (WebDataset).
 */

import { type Entry, isClutter, isImage, type Listing, type OnFound, type Refused, readingReason } from '../entry.ts'
import { DataError } from '../source.ts'
import type { ArchiveHost } from './host.ts'
import { limits } from './limits.ts'
import { together } from './listing.ts'
import { isParquet, parquetListing } from './parquet.ts'
import { archiveStem, folderOf, isArchiveName } from './paths.ts'
import { withLabelsBeside } from './sidecar-labels.ts'
import { isTar, tarListing } from './tar.ts'
import { zipListing } from './zip.ts'

/** What opening needs besides the archive. */
interface Opening {
  readonly host: ArchiveHost
  readonly signal: AbortSignal
  readonly onFound?: OnFound
  /** Of this archive: 1 for one that lies in no other. */
  readonly depth: number
}

/** The files of an archive and of those in it. Throws DataError for anything else, with the cure, or AbortError. */
export const archiveListing = (
  blob: Blob,
  name: string,
  host: ArchiveHost,
  signal: AbortSignal,
  onFound?: OnFound,
): Promise<Listing> => openArchive(blob, name, { host, signal, onFound, depth: 1 })

async function openArchive(blob: Blob, name: string, opening: Opening): Promise<Listing> {
  const found = await said(() => unnested(blob, name, opening), name, opening.signal)
  return withLabelsBeside(await withInner(found, name, opening), opening.signal)
}

/** Errors as DataError that names the archive, or AbortError. */
async function said<T>(work: () => Promise<T>, name: string, signal: AbortSignal): Promise<T> {
  try {
    return await work()
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof DataError) throw error
    throw new DataError(`${name} cannot be read (${readingReason(error)}); copy, download or pack it again`, {
      cause: error,
    })
  }
}

async function unnested(blob: Blob, name: string, { host, signal, onFound }: Opening): Promise<Listing> {
  const head = await headOf(blob)
  if (head.length === 0) throw new DataError(`${name} is empty`)
  if (head[0] !== 0x1f || head[1] !== 0x8b) return plain(blob, head, name, signal, onFound)
  const inflated = await inflate(blob, name, host, signal)
  const inner = await headOf(inflated)
  if (inner[0] === 0x1f && inner[1] === 0x8b) throw new DataError(`${name} is compressed twice; unpack it once`)
  return plain(inflated, inner, name, signal, onFound)
}

const headOf = async (blob: Blob) => new Uint8Array(await blob.slice(0, 512).arrayBuffer())

async function plain(
  blob: Blob,
  head: Uint8Array,
  name: string,
  signal: AbortSignal,
  onFound?: OnFound,
): Promise<Listing> {
  if (head[0] === 0x50 && head[1] === 0x4b) return zipListing(blob, name, signal, onFound)
  if (isTar(head)) return tarListing(blob, name, signal, onFound)
  if (isParquet(head)) return parquetListing(blob, name, signal, onFound)
  throw new DataError(`${name} is no .zip, .tar, .tar.gz or .parquet file; choose one of those, or a folder`)
}

async function inflate(blob: Blob, name: string, host: ArchiveHost, signal: AbortSignal): Promise<Blob> {
  try {
    return await host.inflate(blob, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof DataError) throw new DataError(`${name}: ${error.message}`, { cause: error })
    throw new DataError(`${name} cannot be unpacked (${readingReason(error)}); download or pack it again`, {
      cause: error,
    })
  }
}

const isInner = (entry: Entry) => isArchiveName(entry.path) && !isClutter(entry.path)

/** Archives in an archive as folders of their name; one that cannot be opened is refused. */
async function withInner({ entries, refused }: Listing, name: string, opening: Opening): Promise<Listing> {
  const inner = entries.filter(isInner)
  if (inner.length === 0) return { entries, refused }
  const rest = { entries: entries.filter((entry) => !isInner(entry)), refused }
  if (opening.depth === limits.depth) return together([rest, { entries: [], refused: inner.map(tooDeep) }])
  const open = async (entry: Entry) => {
    const { host, signal } = opening
    const blob =
      entry.blob?.() ?? (await entry.unpacked?.(host.unpack, signal)) ?? new Blob([(await entry.read()) as BlobPart])
    return openArchive(blob, `${entry.path} in ${name}`, { ...opening, onFound: undefined, depth: opening.depth + 1 })
  }
  return together([rest, ...(await opened(inner, open, opening, name))])
}

const tooDeep = ({ path }: Entry): Refused => ({
  path,
  reason: `an archive ${limits.depth} archives deep; ${limits.depth} are opened: unpack the outer one`,
})

/** The files of several archives, each where it belongs. */
async function opened(
  archives: readonly Entry[],
  open: (archive: Entry) => Promise<Listing>,
  { signal, onFound }: Pick<Opening, 'signal' | 'onFound'>,
  outer: string | null,
): Promise<Listing[]> {
  const listings: Listing[] = []
  const place = placing(archives, outer === null)
  let count = 0
  for (const archive of archives) {
    signal.throwIfAborted()
    try {
      listings.push(place(await said(() => open(archive), archive.path, signal), archive.path))
      count += listings.at(-1)?.entries.length ?? 0
      onFound?.(count)
    } catch (error) {
      signal.throwIfAborted()
      listings.push({ entries: [], refused: [{ path: archive.path, reason: readingReason(error) }] })
    }
  }
  return listings
}

/** Which split an archive's name speaks of: `ILSVRC2012_img_train.tar`, `imagenet-val-000003.tar`, `test-00000-of-00001.parquet`. */
function splitFolder(name: string): 'train' | 'val' | 'test' | null {
  const words = name.toLowerCase().split(/[^a-z]+/)
  if (words.some((word) => word === 'train' || word === 'training')) return 'train'
  if (words.some((word) => ['val', 'valid', 'validation'].includes(word))) return 'val'
  return words.includes('test') ? 'test' : null
}

/**
 * Where the files of archives go: below their split's folder where the names tell splits, otherwise beside their archive;
 * below the archive's own name where its images bring their labels, or lie flat among archives, one a class.
 */
function placing(archives: readonly Entry[], mixed: boolean) {
  const splits = archives.map(({ path }) => splitFolder(archiveStem(path)))
  const areSplits = mixed || splits.every((split) => split !== null)
  return ({ entries, refused }: Listing, path: string): Listing => {
    const split = areSplits ? splitFolder(archiveStem(path)) : null
    const root = split ? `${split}/` : folderOf(path)
    const isClass = split === null && (!mixed || (archives.length > 1 && isFlat(entries)))
    const put = (own: string, labeled: boolean) => `${root}${labeled || isClass ? `${archiveStem(path)}/` : ''}${own}`
    return {
      entries: entries.map((entry) => ({ ...entry, path: put(entry.path, entry.classId !== undefined) })),
      refused: refused.map((one) => ({ ...one, path: `${path}: ${one.path}` })),
    }
  }
}

const isFlat = (entries: readonly Entry[]) => entries.every((entry) => !isImage(entry) || !entry.path.includes('/'))

/** Entries that change when their archive does. */
export const stamped = ({ entries, refused }: Listing, stamp: string | undefined): Listing => ({
  entries: stamp === undefined ? entries : entries.map((entry) => ({ ...entry, stamp: `${stamp} ${entry.size}` })),
  refused,
})

/**
 * Files with the archives among them opened. One archive alone is what it is; several belong together, each below the
 * split that its name tells. An archive that cannot be opened is refused.
 */
export async function withArchives(
  { entries, refused }: Listing,
  host: ArchiveHost,
  signal: AbortSignal,
  onFound?: OnFound,
): Promise<Listing> {
  const isArchive = (entry: Entry) => entry.blob !== undefined && isInner(entry)
  const archives = entries.filter(isArchive)
  const files = await withLabelsBeside({ entries: entries.filter((entry) => !isArchive(entry)), refused }, signal)
  const open = async ({ path, blob, stamp }: Entry) =>
    stamped(await archiveListing(blob?.() ?? new Blob(), path.slice(path.lastIndexOf('/') + 1), host, signal), stamp)
  return together([files, ...(await opened(archives, open, { signal, onFound }, null))])
}
