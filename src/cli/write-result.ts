/** Writes files of results whole or not at all. */
import { dirname } from 'node:path'
import { UsageError } from './arguments.ts'
import { type Disk, nodeDisk, partOf, replaceFile } from './disk.ts'
import { writeReason } from './folder.ts'

/** Throws UsageError, which names the file and the reason, where the disk refuses. */
export function writeResult(path: string, content: string | Uint8Array, disk: Disk = nodeDisk): void {
  onDisk(path, () => replaceFile(path, content, disk))
}

async function fill(part: string, path: string, pieces: AsyncIterable<Uint8Array>, disk: Disk): Promise<void> {
  const file = onDisk(path, () => disk.create(part))
  try {
    for await (const piece of pieces) onDisk(path, () => disk.write(file, piece))
    onDisk(path, () => disk.sync(file))
  } finally {
    disk.close(file)
  }
}

/**
 * Writes a file from pieces, whole or not at all. Rejects with UsageError, which names the file and the reason, where the
 * disk refuses, and with the error of the pieces.
 */
export async function writePieces(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  disk: Disk = nodeDisk,
): Promise<void> {
  const part = partOf(path)
  try {
    await fill(part, path, pieces, disk)
    onDisk(path, () => {
      disk.rename(part, path)
      disk.syncFolder(dirname(path))
    })
  } catch (error) {
    disk.remove(part)
    throw error
  }
}

function onDisk<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new UsageError(`cannot write ${path} (${writeReason(error)})`)
  }
}
