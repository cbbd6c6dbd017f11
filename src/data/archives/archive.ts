/**
 * Lists the files of archives: .zip, .tar, .tar.gz and parquet, recognized by their content and read in place; archives
 * inside archives, such as ILSVRC2012; and archives with label files next to the images (WebDataset).
 */

import { type Entry, entryName, isClutter, type Listing, type OnFound, type Refused, readingReason } from '../entry.ts'
import { DataError } from '../source.ts'
import { unreadableHead, unreadableName } from './formats.ts'
import type { Gunzipped } from './gunzip.ts'
import type { ArchiveHost } from './host.ts'
import { limits } from './limits.ts'
import { together, unpackable } from './listing.ts'
import { isParquet, parquetListing } from './parquet.ts'
import { isArchiveName, isTarName } from './paths.ts'
import { identifiedBy, placedIn } from './places.ts'
import { placed } from './placing.ts'
import { withSidecarLabels } from './sidecar-labels.ts'
import { isTar, tarListing } from './tar.ts'
import { isZero } from './tar-header.ts'
import { zipListing } from './zip.ts'
import { endsAsZip } from './zip-file.ts'

/** The context for opening an archive. */
interface Opening {
  /** Its own path, without the archives around it. */
  readonly path: string
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
): Promise<Listing> => openArchive(blob, name, { path: name, host, signal, onFound, depth: 1 })

async function openArchive(blob: Blob, name: string, opening: Opening): Promise<Listing> {
  const found = await withName(() => outerListing(blob, name, opening), name, opening.signal)
  const { entries, refused, notes = [] } = await withInner(withoutUnreadable(found), name, opening)
  const isEmpty = found.entries.length === 0 && found.refused.length === 0
  const all = isEmpty ? [`${name} contains no files.`, ...notes] : notes
  return { ...(await withSidecarLabels({ entries, refused }, opening.signal)), notes: all }
}

/** Refuses archives of formats that cannot be read. */
function withoutUnreadable({ entries, refused, notes }: Listing): Listing {
  const reasons = entries.map(({ path }) => (isClutter(path) ? null : unreadableName(path)))
  return {
    entries: entries.filter((_, i) => reasons[i] === null),
    refused: [
      ...refused,
      ...entries.flatMap(({ path }, i) => (reasons[i] === null ? [] : [{ path, reason: reasons[i] }])),
    ],
    notes,
  }
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

async function outerListing(blob: Blob, name: string, opening: Opening): Promise<Listing> {
  const { host, signal } = opening
  const head = await headOf(blob)
  if (head.length === 0) throw new DataError(`${name} is empty`)
  if (!isGzip(head)) return unpackedListing({ blob, damaged: [], refused: [] }, head, name, opening)
  const { gunzip } = await import('./gunzip.ts')
  const inflated = await gunzip(blob, name, host.unpack, signal)
  const inner = await headOf(inflated.blob)
  if (isGzip(inner)) throw new DataError(`${name} is compressed twice; unpack it once`)
  const found = await unpackedListing(inflated, inner, name, opening)
  return {
    ...found,
    refused: [...inflated.refused, ...found.refused],
    notes: [...inflated.notes, ...(found.notes ?? [])],
  }
}

const isGzip = (head: Uint8Array) => head[0] === 0x1f && head[1] === 0x8b

const headOf = async (blob: Blob) => new Uint8Array(await blob.slice(0, 512).arrayBuffer())

async function unpackedListing(
  { blob, damaged, refused }: Pick<Gunzipped, 'blob' | 'damaged' | 'refused'>,
  head: Uint8Array,
  name: string,
  { path, signal, onFound }: Opening,
): Promise<Listing> {
  if (isTar(head) || (isZero(head) && isTarName(path))) return tarListing(blob, name, signal, onFound, damaged)
  if (damaged.length > 0) throw unpackable(name, refused[0].reason)
  if (head[0] === 0x50 && head[1] === 0x4b) return zipListing(blob, name, signal, onFound)
  if (isParquet(head)) return parquetListing(blob, name, signal, onFound)
  const known = unreadableHead(head)
  if (known) throw new DataError(`${name} is ${known}`)
  if (isZero(head)) throw new DataError(`${name} contains only zeros; copy or download it again`)
  if (await endsAsZip(blob)) return zipListing(blob, name, signal, onFound)
  throw new DataError(`${name} is not a .zip, .tar, .tar.gz or .parquet file; choose one of these, or a folder`)
}

/** metadata.parquet is a table of files and their classes, and holds no images. */
const isInner = ({ path }: Entry) =>
  isArchiveName(path) && !isClutter(path) && entryName(path).toLowerCase() !== 'metadata.parquet'

/** Lists archives inside an archive as folders with their names. Refuses those that cannot be opened. */
async function withInner(listing: Listing, name: string, opening: Opening): Promise<Listing> {
  const inner = listing.entries.filter(isInner)
  if (inner.length === 0) return listing
  const rest = { ...listing, entries: listing.entries.filter((entry) => !isInner(entry)) }
  if (opening.depth === limits.depth) return together([rest, { entries: [], refused: inner.map(tooDeep) }])
  const open = async (entry: Entry) => {
    const { host, signal } = opening
    const blob =
      entry.blob?.() ?? (await entry.unpacked?.(host.unpack, signal)) ?? new Blob([(await entry.read()) as BlobPart])
    const below = { ...opening, path: entry.path, onFound: undefined, depth: opening.depth + 1 }
    return placedIn(await openArchive(blob, `${entry.path} in ${name}`, below), entry.place)
  }
  return together([rest, ...(await opened(inner, open, opening, { outer: name, beside: rest.entries }))])
}

const tooDeep = ({ path }: Entry): Refused => ({
  path,
  reason: `nested in ${limits.depth} archives, which is too deep; unpack the outer archive`,
})

/** Where archives lie. */
interface Place {
  /** The name of the archive around them; null outside archives. */
  readonly outer: string | null
  /** The files beside them. */
  readonly beside: readonly Entry[]
}

/** Lists several archives, with the files of each below their place. */
async function opened(
  archives: readonly Entry[],
  open: (archive: Entry) => Promise<Listing>,
  { signal, onFound }: Pick<Opening, 'signal' | 'onFound'>,
  { outer, beside }: Place,
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
  return [...placed(listings, outer === null, beside), { entries: [], refused: failed }]
}

/**
 * Opens the archives among files. The files of each archive are below the split that the archive's name states. Refuses
 * archives that cannot be opened.
 */
export async function withArchives(
  listing: Listing,
  host: ArchiveHost,
  signal: AbortSignal,
  onFound?: OnFound,
): Promise<Listing> {
  const { entries, refused } = withoutUnreadable(listing)
  const isArchive = (entry: Entry) => entry.blob !== undefined && isInner(entry)
  const archives = entries.filter(isArchive)
  const files = await withSidecarLabels({ entries: entries.filter((entry) => !isArchive(entry)), refused }, signal)
  const open = async ({ path, blob, identity }: Entry) =>
    identifiedBy(
      await archiveListing(blob?.() ?? new Blob(), path.slice(path.lastIndexOf('/') + 1), host, signal),
      identity,
    )
  return together([
    files,
    ...(await opened(archives, open, { signal, onFound }, { outer: null, beside: files.entries })),
  ])
}
