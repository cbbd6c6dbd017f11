/**
 * Lists the files of archives: .zip, .tar, .tar.gz and parquet, recognized by their content and read in place; archives
 * inside archives, such as ILSVRC2012; and archives with label files next to the images (WebDataset).
 */

import { type Entry, entryName, isClutter, type Listing, type OnFound, type Refused, readingReason } from '../entry.ts'
import { DataError } from '../source.ts'
import type { ArchiveHost } from './host.ts'
import { limits } from './limits.ts'
import { together } from './listing.ts'
import { isParquet, parquetListing } from './parquet.ts'
import { isArchiveName } from './paths.ts'
import { placed } from './placing.ts'
import { withSidecarLabels } from './sidecar-labels.ts'
import { isTar, tarListing } from './tar.ts'
import { zipListing } from './zip.ts'

/** The context for opening an archive. */
interface Opening {
  readonly host: ArchiveHost
  readonly signal: AbortSignal
  readonly onFound?: OnFound
  /** Depth of this archive: 1 if it is not inside another one. */
  readonly depth: number
}

/** Lists the files of an archive and of the archives inside it. Throws DataError with the cure, or AbortError. */
export const archiveListing = (
  blob: Blob,
  name: string,
  host: ArchiveHost,
  signal: AbortSignal,
  onFound?: OnFound,
): Promise<Listing> => openArchive(blob, name, { host, signal, onFound, depth: 1 })

async function openArchive(blob: Blob, name: string, opening: Opening): Promise<Listing> {
  const found = await withName(() => outerListing(blob, name, opening), name, opening.signal)
  return withSidecarLabels(await withInner(found, name, opening), opening.signal)
}

/** Rethrows errors as DataError with the archive's name; an AbortError passes unchanged. */
async function withName<T>(work: () => Promise<T>, name: string, signal: AbortSignal): Promise<T> {
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

async function outerListing(blob: Blob, name: string, { host, signal, onFound }: Opening): Promise<Listing> {
  const head = await headOf(blob)
  if (head.length === 0) throw new DataError(`${name} is empty`)
  if (head[0] !== 0x1f || head[1] !== 0x8b) return unpackedListing(blob, head, name, signal, onFound)
  const inflated = await inflate(blob, name, host, signal)
  const inner = await headOf(inflated)
  if (inner[0] === 0x1f && inner[1] === 0x8b) throw new DataError(`${name} is compressed twice; unpack it once`)
  return unpackedListing(inflated, inner, name, signal, onFound)
}

const headOf = async (blob: Blob) => new Uint8Array(await blob.slice(0, 512).arrayBuffer())

async function unpackedListing(
  blob: Blob,
  head: Uint8Array,
  name: string,
  signal: AbortSignal,
  onFound?: OnFound,
): Promise<Listing> {
  if (head[0] === 0x50 && head[1] === 0x4b) return zipListing(blob, name, signal, onFound)
  if (isTar(head)) return tarListing(blob, name, signal, onFound)
  if (isParquet(head)) return parquetListing(blob, name, signal, onFound)
  throw new DataError(`${name} is not a .zip, .tar, .tar.gz or .parquet file; choose one of these, or a folder`)
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

/** metadata.parquet is a table of files and their classes, and holds no images. */
const isInner = ({ path }: Entry) =>
  isArchiveName(path) && !isClutter(path) && entryName(path).toLowerCase() !== 'metadata.parquet'

/** Lists archives inside an archive as folders with their names. Refuses those that cannot be opened. */
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
  reason: `nested in ${limits.depth} archives, which is too deep; unpack the outer archive`,
})

/** Lists several archives, with the files of each below their place. `outer` is null outside archives. */
async function opened(
  archives: readonly Entry[],
  open: (archive: Entry) => Promise<Listing>,
  { signal, onFound }: Pick<Opening, 'signal' | 'onFound'>,
  outer: string | null,
): Promise<Listing[]> {
  const listings: (Listing & { readonly path: string })[] = []
  const failed: Refused[] = []
  let count = 0
  for (const { path, ...archive } of archives) {
    signal.throwIfAborted()
    try {
      const listing = await withName(() => open({ path, ...archive }), path, signal)
      listings.push({ path, ...listing })
      count += listing.entries.length
      onFound?.(count)
    } catch (error) {
      signal.throwIfAborted()
      failed.push({ path, reason: readingReason(error) })
    }
  }
  return [...placed(listings, outer === null), { entries: [], refused: failed }]
}

/** The same entries with stamps that differ once their archive has changed. */
export const stamped = ({ entries, refused }: Listing, stamp: string | undefined): Listing => ({
  entries: stamp === undefined ? entries : entries.map((entry) => ({ ...entry, stamp: `${stamp} ${entry.size}` })),
  refused,
})

/**
 * Opens the archives among files. The files of each archive are below the split that the archive's name states. Refuses
 * archives that cannot be opened.
 */
export async function withArchives(
  { entries, refused }: Listing,
  host: ArchiveHost,
  signal: AbortSignal,
  onFound?: OnFound,
): Promise<Listing> {
  const isArchive = (entry: Entry) => entry.blob !== undefined && isInner(entry)
  const archives = entries.filter(isArchive)
  const files = await withSidecarLabels({ entries: entries.filter((entry) => !isArchive(entry)), refused }, signal)
  const open = async ({ path, blob, stamp }: Entry) =>
    stamped(await archiveListing(blob?.() ?? new Blob(), path.slice(path.lastIndexOf('/') + 1), host, signal), stamp)
  return together([files, ...(await opened(archives, open, { signal, onFound }, null))])
}
