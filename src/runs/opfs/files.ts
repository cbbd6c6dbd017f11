/** The files of a run in a folder of the origin-private file system. docs/browser-storage.md says what browsers guarantee. */
import type { EditableRunFiles } from '../folders.ts'
import type { FileInfo, RunFiles, WritableRunFiles } from '../format/files.ts'
import { openAppend } from './append-file.ts'
import { unlessMissing, writeError } from './refusal.ts'
import { growing, storedBlob } from './stored-blob.ts'

/** Opens a folder, and creates it if `create` is set. Rejects with NotFoundError where it is missing. */
export type OpenFolder = (create: boolean) => Promise<FileSystemDirectoryHandle>

/** What Chromium leaves behind when it is killed while it replaces a file. */
const isLeftover = (name: string) => name.endsWith('.crswap')

/**
 * Whether a file is being written for the first time, or was when the browser was killed: it is empty until then. Only logs
 * begin empty.
 */
const isUnwritten = ({ name, size }: Pick<File, 'name' | 'size'>) => size === 0 && !growing.has(name)

/** The folder and the name of a path. Throws for one outside the run's folder: a record may name anything. */
function placeOf(path: string): { readonly folders: readonly string[]; readonly name: string } {
  const parts = path.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    throw new Error(`invalid path in a run's folder: ${path}`)
  return { folders: parts.slice(0, -1), name: parts[parts.length - 1] }
}

async function folderOf(open: OpenFolder, folders: readonly string[], create: boolean) {
  let folder = await open(create)
  for (const name of folders) folder = await folder.getDirectoryHandle(name, { create })
  return folder
}

async function handleOf(open: OpenFolder, path: string, create: boolean): Promise<FileSystemFileHandle> {
  const { folders, name } = placeOf(path)
  return (await folderOf(open, folders, create)).getFileHandle(name, { create })
}

async function infosOf(folder: FileSystemDirectoryHandle): Promise<FileInfo[]> {
  const infos: FileInfo[] = []
  for await (const handle of folder.values()) {
    if (handle.kind !== 'file' || isLeftover(handle.name)) continue
    // The folder's only writer may remove a file in the meantime.
    const file = await unlessMissing(() => (handle as FileSystemFileHandle).getFile())
    if (file && !isUnwritten(file)) infos.push({ name: handle.name, bytes: file.size })
  }
  return infos.sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function read(open: OpenFolder, path: string): Promise<Blob | null> {
  const handle = await handleOf(open, path, false)
  const file = await handle.getFile()
  return isUnwritten(file) ? null : storedBlob(handle, file)
}

export const readFolder = (open: OpenFolder): RunFiles => ({
  read: (path) => unlessMissing(() => read(open, path)),
  list: async (folder) => {
    const folders = folder === '' ? [] : folder.split('/')
    return (await unlessMissing(async () => infosOf(await folderOf(open, folders, false)))) ?? []
  },
})

/** The browser writes to another file and then puts it in the place of this one. */
async function write(handle: FileSystemFileHandle, data: string | Uint8Array<ArrayBuffer> | Blob): Promise<void> {
  const stream = await handle.createWritable()
  try {
    await stream.write(data)
    await stream.close()
  } catch (error) {
    await stream.abort().catch(() => {})
    throw error
  }
}

async function replace(open: OpenFolder, path: string, data: string | Uint8Array<ArrayBuffer> | Blob): Promise<void> {
  placeOf(path)
  try {
    await write(await handleOf(open, path, true), data)
  } catch (cause) {
    throw writeError(path, cause)
  }
}

async function remove(open: OpenFolder, path: string): Promise<void> {
  const { folders, name } = placeOf(path)
  await unlessMissing(async () => (await folderOf(open, folders, false)).removeEntry(name))
}

export const editFolder = (open: OpenFolder): EditableRunFiles => ({
  ...readFolder(open),
  replace: (path, data) => replace(open, path, data),
  remove: (path) => remove(open, path),
})

/** The files of a run for its only writer, which is a worker and holds the run's lock. */
export const writeFolder = (open: OpenFolder): WritableRunFiles => ({
  ...editFolder(open),
  append: async (path, length) => {
    const { folders, name } = placeOf(path)
    return openAppend(await folderOf(open, folders, true), name, length)
  },
})

/** Removes what a killed browser left behind in a folder and the folders in it. */
export async function removeLeftovers(folder: FileSystemDirectoryHandle): Promise<void> {
  const inner: FileSystemHandle[] = []
  for await (const handle of folder.values()) inner.push(handle)
  for (const { kind, name } of inner) {
    if (kind === 'directory') await removeLeftovers(await folder.getDirectoryHandle(name))
    else if (isLeftover(name)) await folder.removeEntry(name).catch(() => {})
  }
}

/** Bytes of the files in a folder and the folders in it. */
export async function bytesIn(folder: FileSystemDirectoryHandle): Promise<number> {
  let bytes = 0
  for await (const handle of folder.values()) {
    const size =
      handle.kind === 'directory'
        ? await bytesIn(handle as FileSystemDirectoryHandle)
        : (await unlessMissing(() => (handle as FileSystemFileHandle).getFile()))?.size
    bytes += size ?? 0
  }
  return bytes
}
