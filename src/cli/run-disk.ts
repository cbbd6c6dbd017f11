/** The storage of a run's folder on a disk. */
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { currentFile } from '../data/node/file-blob.ts'
import type { AppendFile, FileInfo, RunFiles, WritableRunFiles } from '../runs/format/files.ts'
import { type Disk, isPart, nodeDisk, partOf } from './disk.ts'
import { codeOf, createFolder, writeReason } from './folder.ts'

/** The path of a run's file. Throws for one outside the folder: a record may name anything. */
function inside(folder: string, path: string): string {
  if (path.split(/[\\/]/).some((part) => part === '..' || part === '') || path.includes('\0'))
    throw new Error(`invalid path in a run's folder: ${path}`)
  return join(folder, path)
}

async function list(folder: string): Promise<FileInfo[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return []
    throw error
  })
  const found = await Promise.all(
    names
      .filter((name) => !isPart(name))
      .map(async (name) => ({ name, info: await stat(join(folder, name)).catch(() => null) })),
  )
  return found.flatMap(({ name, info }) => (info?.isFile() ? [{ name, bytes: info.size }] : []))
}

/** The files of a run's folder, for reading. */
export const readFolder = (folder: string): RunFiles => ({
  read: (path) => currentFile(inside(folder, path)),
  list: (name) => list(name === '' ? folder : inside(folder, name)),
})

/** Does `work` and names the file and the true reason where the disk refuses. */
function onDisk<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw new Error(`cannot write ${path} (${writeReason(cause)})`, { cause })
  }
}

type Content = string | Uint8Array<ArrayBuffer> | Blob

async function fill(part: string, path: string, data: Content, disk: Disk): Promise<void> {
  const file = onDisk(path, () => disk.create(part))
  try {
    const pieces = data instanceof Blob ? data.stream() : [data]
    for await (const piece of pieces) onDisk(path, () => disk.write(file, piece))
    onDisk(path, () => disk.sync(file))
  } finally {
    disk.close(file)
  }
}

async function replace(path: string, data: Content, disk: Disk): Promise<void> {
  const part = partOf(path)
  try {
    if (!existsSync(dirname(path))) createFolder(dirname(path))
    await fill(part, path, data, disk)
    onDisk(path, () => {
      disk.rename(part, path)
      disk.syncFolder(dirname(path))
    })
  } catch (error) {
    attempt(() => disk.remove(part))
    throw error
  }
}

/** Does what only tidies up after a failure, whose error is the one to report. */
function attempt(work: () => void): void {
  try {
    work()
  } catch {}
}

function openAt(path: string, length: number, disk: Disk): number {
  const isNew = !existsSync(path)
  if (isNew && length > 0) throw new Error(`${path} is missing`)
  const file = disk.open(path)
  try {
    const size = disk.size(file)
    if (size < length) throw new Error(`${path} has ${size} bytes instead of at least ${length}`)
    if (size > length) disk.cut(file, length)
    if (isNew) disk.syncFolder(dirname(path))
    return file
  } catch (error) {
    attempt(() => disk.close(file))
    throw error
  }
}

function append(path: string, length: number, disk: Disk): AppendFile {
  if (!existsSync(dirname(path))) createFolder(dirname(path))
  const file = onDisk(path, () => openAt(path, length, disk))
  let [bytes, synced] = [length, Number.NaN]
  return {
    length: () => bytes,
    append: (data) =>
      onDisk(path, () => {
        const piece = typeof data === 'string' ? Buffer.from(data) : data
        try {
          disk.write(file, piece)
        } catch (error) {
          // So that the next line does not follow a part of this one.
          attempt(() => disk.cut(file, bytes))
          throw error
        }
        bytes += piece.length
      }),
    sync: () => {
      if (synced === bytes) return
      onDisk(path, () => disk.sync(file))
      synced = bytes
    },
    close: () => disk.close(file),
  }
}

/** The files of a run's folder, for its only writer. Errors name the file and why the disk refuses. */
export const openFolder = (folder: string, disk: Disk = nodeDisk): WritableRunFiles => ({
  ...readFolder(folder),
  replace: (path, data) => replace(inside(folder, path), data, disk),
  remove: async (path) => onDisk(path, () => disk.remove(inside(folder, path))),
  append: async (path, length) => append(inside(folder, path), length, disk),
})

/** The files of a folder that only its writer replaces; tables have writers of their own. */
const ownFiles = new Set(['run.json', 'config.json', 'environment.json', 'events.jsonl', 'units.bin'].map(partOf))

/** Removes the temporary files that a crash left. Call it behind the lock of the folder. */
export async function removeLeftovers(folder: string, disk: Disk = nodeDisk): Promise<void> {
  for (const inner of ['', 'checkpoints', 'resume']) {
    const path = join(folder, inner)
    const names = await readdir(path).catch(() => [])
    for (const name of names)
      if (inner === '' ? ownFiles.has(name) : isPart(name)) onDisk(path, () => disk.remove(join(path, name)))
  }
}
