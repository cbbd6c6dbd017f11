/** The file operations of a run folder, with explicit syncs so that a crash or a full disk never loses a record. */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** An interface so that a test can fail at any operation. Files are numbers, as in node:fs. Every method may throw. */
export interface Disk {
  /** Opens an empty file for writing. */
  readonly create: (path: string) => number
  /** Opens a file to grow, with its present contents; an empty one where there is no file. */
  readonly open: (path: string) => number
  readonly size: (file: number) => number
  /** Cuts off what a file has beyond `length` bytes. */
  readonly cut: (file: number, length: number) => void
  /** Writes all of `data` at the end. */
  readonly write: (file: number, data: string | Uint8Array) => void
  /** Returns once the file's contents are on the disk. */
  readonly sync: (file: number) => void
  readonly close: (file: number) => void
  readonly rename: (from: string, to: string) => void
  /** Returns once the names in the folder are on the disk. */
  readonly syncFolder: (folder: string) => void
  /** Does nothing when there is no such file. */
  readonly remove: (path: string) => void
}

function syncFolder(folder: string): void {
  // Windows cannot open a folder for a sync.
  if (process.platform === 'win32') return
  const file = openSync(folder, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

export const nodeDisk: Disk = {
  create: (path) => openSync(path, 'w'),
  open: (path) => openSync(path, 'a'),
  size: (file) => fstatSync(file).size,
  cut: ftruncateSync,
  // Unlike writeSync, writeFileSync never writes only a part without an error.
  write: (file, data) => writeFileSync(file, data),
  sync: fsyncSync,
  close: closeSync,
  rename: renameSync,
  syncFolder,
  remove: (path) => rmSync(path, { force: true }),
}

/** Where a file is written before it gets its own name. */
export const partOf = (path: string) => `${path}.part`

/** Whether a name is that of a temporary file. */
export const isPart = (name: string): boolean => name.endsWith('.part')

/** Does each step, also after one that failed: the failure before them is the error to report. */
function each(steps: readonly (() => void)[]): void {
  for (const step of steps) {
    try {
      step()
    } catch {}
  }
}

/** Removes the temporary files that a crash left in the place of these files. */
export function removeParts(paths: readonly string[], disk: Disk = nodeDisk): void {
  for (const path of paths) disk.remove(partOf(path))
}

/** Replaces one file. After a crash the path holds the old contents or the new ones, never a part. */
export function replaceFile(path: string, bytes: string | Uint8Array, disk: Disk = nodeDisk): void {
  const part = partOf(path)
  let file: number | null = null
  try {
    file = disk.create(part)
    disk.write(file, bytes)
    disk.sync(file)
    disk.rename(part, path)
    disk.syncFolder(dirname(path))
  } catch (error) {
    const open = file
    each([...(open === null ? [] : [() => disk.close(open)]), () => disk.remove(part)])
    throw error
  }
  disk.close(file)
}
