/** Reads checkpoints, which the worker writes to the origin-private file system as `runs/<runId>/checkpoints/<file>`. */

const isMissing = (error: unknown) => error instanceof DOMException && error.name === 'NotFoundError'

async function checkpointFolder(runId: string): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  const run = await (await root.getDirectoryHandle('runs')).getDirectoryHandle(runId)
  return run.getDirectoryHandle('checkpoints')
}

/** A saved checkpoint, or null when the browser does not have it. Rejects when the storage fails. */
export async function readCheckpoint(runId: string, file: string): Promise<File | null> {
  try {
    return await (await (await checkpointFolder(runId)).getFileHandle(file)).getFile()
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/**
 * Requests the lock on a run's files, which the page gets when the worker ends. So the checkpoints of a run that crashed can
 * still be exported from this page.
 */
export function keepFiles(runId: string): void {
  void navigator.locks?.request(`selectivity-lab/run/${runId}`, () => new Promise(() => {}))
}
