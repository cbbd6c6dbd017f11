/**
 * Stores checkpoints in the origin-private file system as `runs/RUN/checkpoints/FILE`, from where the page exports them. A
 * run's folder lives as long as its worker or page, and is removed when a later run starts.
 */
import { messageOf } from '../message.ts'

const lockName = (runId: string) => `selectivity-lab/run/${runId}`

const runsFolder = async () => (await navigator.storage.getDirectory()).getDirectoryHandle('runs', { create: true })

/** Holds a lock on the run's files until this worker ends. */
function hold(runId: string): void {
  void navigator.locks.request(lockName(runId), () => new Promise(() => {}))
}

/** Removes the files of runs without a lock. */
async function removeAbandoned(): Promise<void> {
  const { held = [] } = await navigator.locks.query()
  const names = new Set(held.map(({ name }) => name))
  const runs = await runsFolder()
  for await (const id of runs.keys()) {
    if (!names.has(lockName(id))) await runs.removeEntry(id, { recursive: true })
  }
}

/**
 * Creates a run's folder and returns a function that saves a file in it. The file appears only once it is complete. Rejects
 * when the browser's storage is full or closed.
 */
export async function openCheckpoints(
  runId: string,
): Promise<(file: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>> {
  hold(runId)
  await removeAbandoned()
  const run = await (await runsFolder()).getDirectoryHandle(runId, { create: true })
  const folder = await run.getDirectoryHandle('checkpoints', { create: true })
  return async (file, bytes) => {
    const handle = await folder.getFileHandle(file, { create: true })
    const stream = await handle.createWritable()
    await stream.write(bytes)
    await stream.close()
  }
}

/** Reads a run's checkpoint. Rejects when the browser no longer has it. */
export async function readCheckpoint(runId: string, file: string): Promise<Uint8Array> {
  try {
    const run = await (await runsFolder()).getDirectoryHandle(runId)
    const handle = await (await run.getDirectoryHandle('checkpoints')).getFileHandle(file)
    return new Uint8Array(await (await handle.getFile()).arrayBuffer())
  } catch (error) {
    throw new Error(`This browser no longer has ${file} of the run (${messageOf(error)})`)
  }
}
