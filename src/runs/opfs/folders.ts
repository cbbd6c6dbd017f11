/** All runs of the browser's storage: `runs/ID/` in the origin-private file system. */
import type { EditableRunFiles, RunFolders } from '../folders.ts'
import type { WritableRunFiles } from '../format/files.ts'
import { bytesIn, editFolder, type OpenFolder, readFolder, removeLeftovers, writeFolder } from './files.ts'
import { holdRun, patience, trainingRuns } from './lock.ts'
import { unlessMissing } from './refusal.ts'

/** What the browser offers for runs. */
export interface BrowserStorage {
  /** Rejects where the browser offers no storage. */
  readonly root: () => Promise<FileSystemDirectoryHandle>
  readonly locks: LockManager
  readonly estimate: () => Promise<StorageEstimate>
  readonly persisted: () => Promise<boolean>
}

export const ownStorage = (): BrowserStorage => ({
  root: () => navigator.storage.getDirectory(),
  locks: navigator.locks,
  estimate: () => navigator.storage.estimate(),
  persisted: () => navigator.storage.persisted(),
})

const runsOf = async ({ root }: BrowserStorage, create: boolean) =>
  (await root()).getDirectoryHandle('runs', { create })

const folderOf =
  (storage: BrowserStorage, id: string): OpenFolder =>
  async (create) =>
    (await runsOf(storage, create)).getDirectoryHandle(id, { create })

export interface StoredRuns extends RunFolders {
  /** Bytes of a folder. */
  readonly bytes: (id: string) => Promise<number>
}

async function idsIn(storage: BrowserStorage): Promise<readonly string[]> {
  const runs = await unlessMissing(() => runsOf(storage, false))
  const ids: string[] = []
  if (runs) for await (const { kind, name } of runs.values()) if (kind === 'directory') ids.push(name)
  return ids.sort()
}

async function removeRun(storage: BrowserStorage, id: string): Promise<void> {
  // Nobody may resume the run while its files go. A worker that has just stopped may still hold it.
  const held = await holdRun(storage.locks, id, 500)
  if (!held) throw new Error('This run trains in this or another tab; stop it first.')
  try {
    await unlessMissing(async () => (await runsOf(storage, false)).removeEntry(id, { recursive: true }))
  } finally {
    held.release()
  }
}

async function writeRun<T>(
  storage: BrowserStorage,
  id: string,
  work: (files: EditableRunFiles) => Promise<T>,
): Promise<T> {
  const held = await holdRun(storage.locks, id, 500)
  if (!held) throw new Error('Another tab writes this run; wait for its end.')
  try {
    return await work(editFolder(folderOf(storage, id)))
  } finally {
    held.release()
  }
}

export const storedRuns = (storage: BrowserStorage = ownStorage()): StoredRuns => ({
  ids: () => idsIn(storage),
  open: (id) => readFolder(folderOf(storage, id)),
  edit: (id) => editFolder(folderOf(storage, id)),
  writing: (id, work) => writeRun(storage, id, work),
  remove: (id) => removeRun(storage, id),
  training: () => trainingRuns(storage.locks),
  bytes: async (id) => (await unlessMissing(async () => bytesIn(await folderOf(storage, id)(false)))) ?? 0,
})

/** A run that this worker alone writes. */
export interface WritableRun {
  readonly files: WritableRunFiles
  /** Lets others write to the run, after its files are closed. */
  readonly release: () => void
}

/**
 * Takes the lock of a run, creates its folder, and removes what a killed browser left in it. Null where another tab trains the
 * run, also after `wait` milliseconds. Rejects where the browser offers no storage.
 */
export async function openForWriting(
  id: string,
  storage: BrowserStorage = ownStorage(),
  wait = patience,
): Promise<WritableRun | null> {
  const held = await holdRun(storage.locks, id, wait)
  if (!held) return null
  try {
    const open = folderOf(storage, id)
    await removeLeftovers(await open(true))
    return { files: writeFolder(open), release: held.release }
  } catch (error) {
    held.release()
    throw error
  }
}
