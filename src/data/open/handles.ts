/** The files behind handles that the page was given: folders are walked here, in the worker, and nothing is read yet. */

import { isArchiveName } from '../archives/paths.ts'
import { eachConcurrently } from '../concurrently.ts'
import { type Entry, isClutter } from '../entry.ts'
import { DataError, reasonOf } from '../source.ts'

/** What was found, and the folders and files that could not be looked into. */
export interface Found {
  readonly entries: Entry[]
  readonly refused: { path: string; reason: string }[]
}

/** Rejects with DataError where a source as a whole can no longer be read; else does nothing. */
export type Guard = () => Promise<void>

/** Folders that are listed at the same time, and files of each whose sizes are asked for at the same time. */
const folders = 4
const files = 64
/** Deeper than any data set; a loop of links would not end. */
const deepest = 32

const isFolder = (handle: FileSystemHandle): handle is FileSystemDirectoryHandle => handle.kind === 'directory'
export const isFile = (handle: FileSystemHandle): handle is FileSystemFileHandle => handle.kind === 'file'

/** Changes when the file does. */
export const stampOf = ({ size, lastModified }: File): string => `${size} ${lastModified}`

const cures: Readonly<Record<string, string>> = {
  NotAllowedError: 'may not be read any more, as the permission was withdrawn; choose it again to give it',
  NotFoundError: 'is no longer there: it was moved, renamed or deleted; choose it where it is now',
  NotReadableError: 'cannot be read: it changed since it was chosen, or its disk is gone; choose it again',
}

/** What the browser's errors about files mean for a person. */
export function fileError(name: string, error: unknown): unknown {
  const cure = error instanceof Error ? cures[error.name] : undefined
  return cure === undefined ? error : new DataError(`${name} ${cure}`, { cause: error })
}

const named = (name: string) => (error: unknown) => {
  throw fileError(name, error)
}

/** Throws DataError where it is gone or closed. */
export const fileOf = (handle: FileSystemFileHandle): Promise<File> => handle.getFile().catch(named(handle.name))

/** Reads a file as it was when it was listed, or not at all. */
async function contentOf(file: File, stamp: string): Promise<Uint8Array> {
  if (stampOf(file) !== stamp) throw new DataError('the file has changed since it was listed; read the set again')
  return new Uint8Array(await file.arrayBuffer().catch(named('the file')))
}

/**
 * A file of a folder. Neither it nor its handle is kept: a hundred thousand of them take the browser's memory, not just
 * the page's.
 */
function entryIn(folder: FileSystemDirectoryHandle, file: File, path: string): Entry {
  const { name } = file
  const stamp = stampOf(file)
  const get = async () => (await folder.getFileHandle(name)).getFile()
  const read = async () => contentOf(await get().catch(named('the file')), stamp)
  return { path, size: file.size, stamp, read, ...(isArchiveName(path) ? { blob: () => file } : {}) }
}

async function topEntry(handle: FileSystemFileHandle): Promise<Entry> {
  const file = await fileOf(handle)
  const stamp = stampOf(file)
  return { path: file.name, size: file.size, stamp, blob: () => file, read: () => contentOf(file, stamp) }
}

interface Folder {
  readonly handle: FileSystemDirectoryHandle
  /** Ends with `/`; empty for a source of its own. */
  readonly prefix: string
}

interface Walk extends Found {
  readonly onFound: (files: number) => void
  readonly signal: AbortSignal
}

async function addFiles(walk: Walk, { handle, prefix }: Folder, own: readonly FileSystemFileHandle[]): Promise<void> {
  const found = await Promise.allSettled(own.map((one) => one.getFile()))
  walk.signal.throwIfAborted()
  for (const [i, one] of found.entries()) {
    const path = prefix + own[i].name
    if (one.status === 'fulfilled') walk.entries.push(entryIn(handle, one.value, path))
    else walk.refused.push({ path, reason: reasonOf(fileError('the file', one.reason)) })
  }
  walk.onFound(walk.entries.length)
}

/** Adds a folder's files and returns the folders in it. */
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

/** Folders of one depth, and then those in them: no more are open than are listed at the same time. */
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
  for (const { prefix } of level) walk.refused.push({ path: prefix, reason: `it is more than ${deepest} folders deep` })
}

/** One folder is its inside; several sources lie side by side below their names. */
function rootsOf(handles: readonly FileSystemHandle[]): Folder[] {
  const prefix = (name: string) => (handles.length === 1 ? '' : `${name}/`)
  return handles.filter(isFolder).map((handle) => ({ handle, prefix: prefix(handle.name) }))
}

/** Rejects as soon as the signal is aborted, however long the disk takes. */
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
 * The files below folders and the files among the handles, with what could not be looked into. `onFound` is told how
 * many there are so far. Throws DataError where a source is gone or closed, or AbortError.
 */
export async function filesOf(
  handles: readonly FileSystemHandle[],
  onFound: (files: number) => void,
  signal: AbortSignal,
): Promise<Found> {
  const entries = await Promise.all(handles.filter(isFile).map(topEntry))
  const walk: Walk = { entries, refused: [], onFound, signal }
  await untilAborted(walkAll(walk, rootsOf(handles)), signal)
  return walk
}

/** Sees to it that folders can still be listed and that files are still the same. */
export async function guardOf(handles: readonly FileSystemHandle[]): Promise<Guard> {
  const stamps = await Promise.all(handles.map(async (handle) => (isFile(handle) ? stampOf(await fileOf(handle)) : '')))
  return async () => {
    for (const [i, handle] of handles.entries()) {
      if (isFolder(handle)) await handle.values().next().catch(named(handle.name))
      else if (isFile(handle) && stampOf(await fileOf(handle)) !== stamps[i])
        throw new DataError(`${handle.name} changed while it was read; choose it again once it is whole`)
    }
  }
}

/** Entries that, where reading one fails, ask first whether all is lost: that error then takes the place of the file's. */
export const guarded = (entries: readonly Entry[], guard: Guard): Entry[] =>
  entries.map((entry) => {
    const read = () =>
      entry.read().catch(async (error) => {
        await guard()
        throw error
      })
    return { ...entry, read }
  })
