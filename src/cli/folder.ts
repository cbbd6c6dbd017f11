/** Creates folders, with the true reason where that fails. */
import { mkdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf } from '../message.ts'
import { UsageError } from './arguments.ts'

/** The operations that creating a folder needs; an interface so that a test can fail at any of them. */
export interface FolderDisk {
  readonly isFolder: (path: string) => boolean
  readonly make: (path: string) => void
}

const nodeFolders: FolderDisk = {
  isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  make: (path) => mkdirSync(path),
}

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'a file is in the way',
  ENOTDIR: 'a file is in the way',
  EACCES: 'no permission, EACCES',
  EPERM: 'no permission, EPERM',
  EROFS: 'the disk is read-only, EROFS',
  ENOSPC: 'the disk is full, ENOSPC',
  EDQUOT: 'the disk quota is used up, EDQUOT',
  ENAMETOOLONG: 'the name is too long',
}

/** Why a file or folder cannot be written, with the system's name of the error. */
export const writeReason = (error: unknown): string => reasons[codeOf(error)] ?? messageOf(error)

/**
 * Creates a folder level by level: Node's own recursive creation reports a read-only disk as a missing folder. Returns
 * the folders that it created, the outermost first.
 */
function made(path: string, disk: FolderDisk): string[] {
  if (disk.isFolder(path)) return []
  try {
    disk.make(path)
    return [path]
  } catch (error) {
    // Another process, such as another task of a job array, was faster.
    if (codeOf(error) === 'EEXIST' && disk.isFolder(path)) return []
    const around = dirname(path)
    if (codeOf(error) !== 'ENOENT' || around === path || disk.isFolder(around)) throw error
    const created = made(around, disk)
    return [...created, ...made(path, disk)]
  }
}

/** Creates a folder that the user named, with the folders around it. Returns those that it created. Throws UsageError. */
export function createFolder(path: string, disk: FolderDisk = nodeFolders): string[] {
  try {
    return made(path, disk)
  } catch (error) {
    throw new UsageError(`cannot create the folder ${path} (${writeReason(error)})`)
  }
}

/** Removes folders that are still empty, the innermost first. */
export function removeEmpty(folders: readonly string[]): void {
  for (const folder of [...folders].reverse()) {
    try {
      rmdirSync(folder)
    } catch {
      return
    }
  }
}
