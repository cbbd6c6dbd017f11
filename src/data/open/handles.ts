/** Lists the files behind the page's file and folder handles, without reading them. Runs in the worker. */

import { isArchiveName } from '../archives/paths.ts'
import { eachConcurrently } from '../concurrently.ts'
import { type Entry, isClutter } from '../entry.ts'
import { archiveIdentity, type Identity, sampleOf, sampleOfBlob, samplings } from '../identity.ts'
import { DataError, reasonOf } from '../source.ts'

/** The listed files, and the folders and files that could not be listed. */
export interface Found {
  readonly entries: Entry[]
  readonly refused: { path: string; reason: string }[]
}

/** Rejects with DataError if the source as a whole is no longer readable. */
export type Guard = () => Promise<void>

/** Folders that are listed at once, and files of each that are inspected at once. */
const folders = 4
const files = 64
/** Most folders inside each other: circular links would not end. */
const deepest = 32

const isFolder = (handle: FileSystemHandle): handle is FileSystemDirectoryHandle => handle.kind === 'directory'
export const isFile = (handle: FileSystemHandle): handle is FileSystemFileHandle => handle.kind === 'file'

/** What a page learns about a file without reading it; differs once the file has changed, unless its time was set back. */
export const stampOf = ({ size, lastModified }: File): string => `${size} ${lastModified}`

const cures: Readonly<Record<string, string>> = {
  NotAllowedError: 'is no longer readable, because the permission was withdrawn; choose it again to grant it',
  NotFoundError: 'is no longer there: it was moved, renamed or deleted; choose it at its new place',
  NotReadableError: 'cannot be read: it has changed since it was chosen, or its disk was removed; choose it again',
}

/** The browser's error about a file as a DataError with the cure; other errors unchanged. */
export function fileError(name: string, error: unknown): unknown {
  const cure = error instanceof Error ? cures[error.name] : undefined
  return cure === undefined ? error : new DataError(`${name} ${cure}`, { cause: error })
}

const rethrow = (name: string) => (error: unknown) => {
  throw fileError(name, error)
}

/** Rejects with DataError if the file is gone or not permitted. */
export const fileOf = (handle: FileSystemFileHandle): Promise<File> => handle.getFile().catch(rethrow(handle.name))

/** Reads a file. Rejects with DataError if it has changed since it was listed. */
async function contentOf(file: File, stamp: string): Promise<Uint8Array> {
  if (stampOf(file) !== stamp) throw new DataError('the file has changed since it was listed; read the dataset again')
  return new Uint8Array(await file.arrayBuffer().catch(rethrow('the file')))
}

/** The identity of an image file in a page. */
export const imageIdentity = (
  place: string,
  stamp: string | null,
  size: number,
  get: () => Promise<Blob>,
): Identity => ({
  place,
  stamp,
  sample: async (content) => (content ? sampleOf(content, samplings.page) : sampleOfBlob(await get(), samplings.page)),
  isWhole: size <= samplings.page.whole,
})

/**
 * A file of a folder. The entry holds neither the file nor its handle: a hundred thousand of them use much memory in the
 * browser's main process.
 */
function entryIn(folder: FileSystemDirectoryHandle, file: File, path: string): Entry {
  const { name } = file
  const stamp = stampOf(file)
  const get = async () => (await folder.getFileHandle(name)).getFile().catch(rethrow('the file'))
  const read = async () => contentOf(await get(), stamp)
  if (isArchiveName(path)) {
    const blob = () => file
    return { path, size: file.size, identity: archiveIdentity(path, stamp, blob, samplings.pageArchive), read, blob }
  }
  return { path, size: file.size, identity: imageIdentity(path, stamp, file.size, get), read }
}

async function topEntry({ handle, name }: Named<FileSystemFileHandle>): Promise<Entry> {
  const file = await fileOf(handle)
  const stamp = stampOf(file)
  const blob = () => file
  return {
    path: name,
    size: file.size,
    identity: archiveIdentity(name, stamp, blob, samplings.pageArchive),
    blob,
    read: () => contentOf(file, stamp),
  }
}

interface Folder {
  readonly handle: FileSystemDirectoryHandle
  /** Path that ends with `/`; empty for the root of a single source. */
  readonly prefix: string
}

interface Walk extends Found {
  readonly onFound: (files: number) => void
  readonly signal: AbortSignal
}

async function addFiles(walk: Walk, { handle, prefix }: Folder, batch: readonly FileSystemFileHandle[]): Promise<void> {
  const found = await Promise.allSettled(batch.map((one) => one.getFile()))
  walk.signal.throwIfAborted()
  for (const [i, one] of found.entries()) {
    const path = prefix + batch[i].name
    if (one.status === 'fulfilled') walk.entries.push(entryIn(handle, one.value, path))
    else walk.refused.push({ path, reason: reasonOf(fileError('the file', one.reason)) })
  }
  walk.onFound(walk.entries.length)
}

/** Adds a folder's files, and returns its subfolders. */
async function walkFolder(walk: Walk, folder: Folder): Promise<Folder[]> {
  const inner: Folder[] = []
  let waiting: FileSystemFileHandle[] = []
  for await (const handle of folder.handle.values()) {
    walk.signal.throwIfAborted()
    if (isClutter(handle.name)) continue
    if (isFolder(handle)) inner.push({ handle, prefix: `${folder.prefix}${handle.name}/` })
    else if (waiting.push(handle) === files) {
      await addFiles(walk, folder, waiting)
      waiting = []
    }
  }
  await addFiles(walk, folder, waiting)
  return inner
}

/** Lists the folders of one depth, and returns their subfolders. */
async function walkLevel(walk: Walk, level: readonly Folder[], isTop: boolean): Promise<Folder[]> {
  const next: Folder[] = []
  await eachConcurrently(level.length, folders, async (i) => {
    const { handle, prefix } = level[i]
    try {
      for (const inner of await walkFolder(walk, level[i])) next.push(inner)
    } catch (error) {
      walk.signal.throwIfAborted()
      if (isTop) throw fileError(handle.name, error)
      walk.refused.push({ path: prefix, reason: reasonOf(fileError('the folder', error)) })
    }
  })
  return next
}

async function walkAll(walk: Walk, roots: readonly Folder[]): Promise<void> {
  let level = roots
  for (let depth = 0; depth < deepest && level.length > 0; depth++) level = await walkLevel(walk, level, depth === 0)
  for (const { prefix } of level)
    walk.refused.push({ path: prefix, reason: `nested more than ${deepest} folders deep` })
}

interface Named<T extends FileSystemHandle = FileSystemHandle> {
  readonly handle: T
  readonly name: string
}

/** The handles with names that differ: folders of one name from different places are not mixed. */
function named(handles: readonly FileSystemHandle[]): Named[] {
  const taken = new Set<string>()
  return handles.map((handle) => {
    const dot = isFile(handle) ? handle.name.search(/(\.tar)?\.[^.]+$/) : -1
    const [stem, rest] = dot > 0 ? [handle.name.slice(0, dot), handle.name.slice(dot)] : [handle.name, '']
    let { name } = handle
    for (let n = 2; taken.has(name); n++) name = `${stem} (${n})${rest}`
    taken.add(name)
    return { handle, name }
  })
}

/** A single folder is the root; several sources are subfolders with their names. */
const rootsOf = (sources: readonly Named[]): Folder[] =>
  sources.flatMap(({ handle, name }) =>
    isFolder(handle) ? [{ handle, prefix: sources.length === 1 ? '' : `${name}/` }] : [],
  )

/** Rejects as soon as the signal is aborted, even if the disk does not respond. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const over = new AbortController()
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { signal: over.signal }),
  )
  try {
    signal.throwIfAborted()
    return await Promise.race([work, aborted])
  } finally {
    over.abort()
  }
}

/**
 * Lists the files among the handles and below the folders. `onFound` receives the number of files so far. Throws DataError
 * if a source is gone or not permitted, or AbortError.
 */
export async function filesOf(
  handles: readonly FileSystemHandle[],
  onFound: (files: number) => void,
  signal: AbortSignal,
): Promise<Found> {
  const sources = named(handles)
  const files = sources.flatMap(({ handle, name }) => (isFile(handle) ? [{ handle, name }] : []))
  const entries = await Promise.all(files.map(topEntry))
  const walk: Walk = { entries, refused: [], onFound, signal }
  await untilAborted(walkAll(walk, rootsOf(sources)), signal)
  return walk
}

/** Returns a guard that checks that folders are still readable and files unchanged. */
export async function guardOf(handles: readonly FileSystemHandle[]): Promise<Guard> {
  const stamps = await Promise.all(handles.map(async (handle) => (isFile(handle) ? stampOf(await fileOf(handle)) : '')))
  return async () => {
    for (const [i, handle] of handles.entries()) {
      if (isFolder(handle)) await handle.values().next().catch(rethrow(handle.name))
      else if (isFile(handle) && stampOf(await fileOf(handle)) !== stamps[i])
        throw new DataError(`${handle.name} changed while it was read; choose it again once it is complete`)
    }
  }
}

/** Entries that call the guard if reading fails; the guard's error then replaces the file's. */
export const guarded = (entries: readonly Entry[], guard: Guard): Entry[] =>
  entries.map((entry) => {
    const read = () =>
      entry.read().catch(async (error) => {
        await guard()
        throw error
      })
    return { ...entry, read }
  })
