/** Lists the files below a folder. Reads folders in pieces, so that a million names are not in memory twice. */
import { opendir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isArchiveName } from '../archives/paths.ts'
import { eachConcurrently } from '../concurrently.ts'
import {
  type Entry,
  inWords,
  isClutter,
  isImage,
  type Listing,
  type OnFound,
  type Refused,
  readingReason,
} from '../entry.ts'
import { archiveIdentity, samplings } from '../identity.ts'
import { DataError } from '../source.ts'
import { splitNameOf } from '../split-words.ts'
import { fileIdentity, isAsListed, type ListedFacts, listedFacts, stampOf } from './stamp.ts'

/** Names in a piece, and files inspected at once. */
const [names, concurrency] = [1024, 32]

/** Opens an archive for reading by ranges. */
type OpenArchive = (path: string) => Promise<Blob>

interface Walk {
  readonly root: string
  readonly signal?: AbortSignal
  readonly onFound?: OnFound
  readonly openArchive?: OpenArchive
  readonly entries: Entry[]
  readonly refused: Refused[]
  /** The path of the link to each folder that was read, by device and inode, so that links cannot lead in circles. */
  readonly seen: Map<string, string>
  /** Paths of split folders that link to a folder that was read already. They are read again. */
  readonly again: Set<string>
  /** Folders that remain to be read: paths below the root that end with `/`. */
  readonly folders: string[]
  /** Folders behind links, which are read after all others. */
  readonly linked: string[]
}

/**
 * Lists every file below a folder, in the order of their paths, except those that operating systems add. Refuses devices,
 * circular links and folders without read permission. Opens archives with `openArchive`. Throws DataError if the folder
 * itself cannot be read, or AbortError.
 */
export async function folderListing(
  root: string,
  signal?: AbortSignal,
  onFound?: OnFound,
  openArchive?: OpenArchive,
): Promise<Listing> {
  const state = { entries: [], refused: [], seen: new Map<string, string>(), folders: [''], linked: [] }
  const walk: Walk = { root, signal, onFound, openArchive, again: new Set(), ...state }
  await readAll(walk)
  while (walk.linked.length > 0) {
    // Folders are taken from the end.
    const links = walk.linked.splice(0).sort().reverse()
    walk.folders.push(...links)
    await readAll(walk, new Set(links))
  }
  onFound?.(walk.entries.length)
  return { entries: walk.entries.sort(byPath), refused: walk.refused.sort(byPath) }
}

/** Operating systems list folders in different orders. */
const byPath = (a: { readonly path: string }, b: { readonly path: string }) => (a.path < b.path ? -1 : 1)

async function readAll(walk: Walk, links: ReadonlySet<string> = new Set()): Promise<void> {
  for (let folder = walk.folders.pop(); folder !== undefined; folder = walk.folders.pop()) {
    try {
      await readFolder(walk, folder, links.has(folder))
    } catch (error) {
      walk.signal?.throwIfAborted()
      if (folder === '') throw new DataError(`${walk.root} cannot be read: ${readingReason(error)}`, { cause: error })
      walk.refused.push({ path: folder.slice(0, -1), reason: `the folder cannot be read: ${readingReason(error)}` })
    }
  }
}

/**
 * Whether a folder is to be read, and notes that it was. Two splits may link to one folder: both are read, so that the
 * report shows that they hold the same images.
 */
function isNew({ seen, again }: Walk, folder: string, number: string, isLink: boolean): boolean {
  const branch = [...again].find((path) => folder.startsWith(path)) ?? ''
  const known = seen.get(branch + number) ?? (isLink && branch !== '' ? seen.get(number) : undefined)
  if (known === undefined) {
    seen.set(branch + number, folder)
    return true
  }
  const isSplit = splitNameOf(basename(folder)) !== null && branch === '' && !folder.startsWith(known)
  if (!isSplit) return false
  again.add(folder)
  seen.set(folder + number, folder)
  return true
}

async function readFolder(walk: Walk, folder: string, isLink: boolean): Promise<void> {
  const { dev, ino } = await stat(join(walk.root, folder), { bigint: true })
  if (!isNew(walk, folder, `${dev} ${ino}`, isLink)) {
    walk.refused.push({ path: folder.slice(0, -1), reason: 'a link to a folder that was read already' })
    return
  }
  let files: string[] = []
  for await (const item of await opendir(join(walk.root, folder), { bufferSize: names })) {
    if (isClutter(item.name)) continue
    if (item.isDirectory()) walk.folders.push(`${folder}${item.name}/`)
    else if (files.push(`${folder}${item.name}`) === names) {
      await lookAt(walk, files)
      files = []
    }
  }
  await lookAt(walk, files)
}

async function lookAt(walk: Walk, files: readonly string[]): Promise<void> {
  walk.signal?.throwIfAborted()
  const found: (Entry | Refused | null)[] = []
  await eachConcurrently(files.length, concurrency, async (i) => {
    found[i] = await entryOf(walk, files[i])
  })
  for (const one of found) {
    if (one && 'reason' in one) walk.refused.push(one)
    else if (one) walk.entries.push(one)
  }
  walk.onFound?.(walk.entries.length)
}

/** Null for a link to a folder, which is read later. Refuses a file that cannot be inspected. */
async function entryOf(walk: Walk, path: string): Promise<Entry | Refused | null> {
  const file = join(walk.root, path)
  try {
    const info = await stat(file, { bigint: true })
    if (info.isDirectory()) {
      walk.linked.push(`${path}/`)
      return null
    }
    if (!info.isFile()) return isImage({ path }) ? { path, reason: 'a device or a pipe, not a file' } : null
    const blob = isArchiveName(path) ? await walk.openArchive?.(file) : undefined
    const [size, stamp, listed] = [Number(info.size), stampOf(info), listedFacts(info)]
    return {
      path,
      size,
      identity: blob
        ? archiveIdentity(path, stamp, () => blob, samplings.diskArchive)
        : fileIdentity(file, path, stamp, size),
      read: () => readUnchanged(file, listed),
      ...(blob ? { blob: () => blob } : {}),
    }
  } catch (error) {
    const unknown = path.includes('\uFFFD') ? 'its name has an unknown encoding; rename it' : null
    return { path, reason: unknown ?? readingReason(error) }
  }
}

/** Reads a file; rejects if it has changed since it was listed. */
const readUnchanged = (file: string, listed: ListedFacts): Promise<Uint8Array> =>
  inWords(async () => {
    const bytes = await readFile(file)
    if (!isAsListed(await stat(file, { bigint: true }), listed) || BigInt(bytes.length) !== listed.size)
      throw new Error('the file has changed since it was listed')
    return bytes
  })
