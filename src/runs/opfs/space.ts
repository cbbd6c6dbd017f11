/** How much of the browser's storage the runs use, and how much is free. */
import { type BrowserStorage, ownStorage, storedRuns } from './folders.ts'

export interface StorageSpace {
  /** Bytes of all runs. */
  readonly used: number
  /** Bytes that the browser still gives to this site; null where it does not say. */
  readonly free: number | null
  /** Whether the browser keeps the storage until the user deletes it. Without that it may delete it when the disk is full. */
  readonly persisted: boolean
}

/** The browser's own number for what is used can be wrong after it was killed, so the sizes of the files are added up. */
async function usedBytes(storage: BrowserStorage): Promise<number> {
  const runs = storedRuns(storage)
  let bytes = 0
  for (const id of await runs.ids()) bytes += await runs.bytes(id)
  return bytes
}

async function freeBytes({ estimate }: BrowserStorage): Promise<number | null> {
  const { quota, usage } = await estimate()
  return quota === undefined ? null : Math.max(0, quota - (usage ?? 0))
}

/** Null where the browser offers no storage. */
export async function storageSpace(storage: BrowserStorage = ownStorage()): Promise<StorageSpace | null> {
  try {
    const [used, free, persisted] = await Promise.all([usedBytes(storage), freeBytes(storage), storage.persisted()])
    return { used, free, persisted }
  } catch {
    return null
  }
}
