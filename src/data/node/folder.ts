/** The files below a folder, as entries. */
import { openAsBlob } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { isArchiveName } from '../archive.ts'
import type { Entry } from '../entry.ts'

export async function folderEntries(root: string): Promise<Entry[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true })
  const files = found.filter((item) => !item.isDirectory()).map((item) => join(item.parentPath, item.name))
  const entries = await Promise.all(files.map((file) => entryOf(root, file)))
  return entries.filter((entry) => entry !== null)
}

/** Null for what is no file behind a link. */
async function entryOf(root: string, file: string): Promise<Entry | null> {
  const info = await stat(file).catch(() => null)
  if (!info?.isFile()) return null
  const path = relative(root, file).split(sep).join('/')
  // A Blob that knows its file costs little, but a hundred thousand of them do: only archives get one.
  const blob = isArchiveName(path) ? await openAsBlob(file) : undefined
  const stamp = `${info.size} ${info.mtimeMs}`
  return { path, size: info.size, stamp, read: () => readFile(file), ...(blob ? { blob: () => blob } : {}) }
}
