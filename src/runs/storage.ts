/** Reads checkpoints of runs in the browser's storage. */
import { storedRuns } from './opfs/folders.ts'

/** A saved checkpoint, or null when the browser does not have it. Rejects when the storage fails. */
export const readCheckpoint = (runId: string, file: string): Promise<Blob | null> =>
  storedRuns().open(runId).read(`checkpoints/${file}`)
