/** The runs of a browser's storage, for a session. */
import { type BrowserStorage, openForWriting, storedRuns } from '../runs/opfs/folders.ts'
import { aloneWithTables } from '../runs/opfs/lock.ts'
import { storageSpace } from '../runs/opfs/space.ts'
import type { RunStorage } from './host.ts'

export function runsIn(storage: BrowserStorage): RunStorage {
  const { open, edit, remove } = storedRuns(storage)
  return {
    openForWriting: (id) => openForWriting(id, storage),
    open,
    edit,
    remove,
    aloneWithTables: (id, work) => aloneWithTables(storage.locks, id, work),
    space: () => storageSpace(storage),
  }
}
