/** Writes a file of results whole or not at all. */
import { UsageError } from './arguments.ts'
import { type Disk, nodeDisk, replaceFile } from './disk.ts'
import { writeReason } from './folder.ts'

/** Throws UsageError, which names the file and the reason, where the disk refuses. */
export function writeResult(path: string, content: string | Uint8Array, disk: Disk = nodeDisk): void {
  try {
    replaceFile(path, content, disk)
  } catch (error) {
    throw new UsageError(`cannot write ${path} (${writeReason(error)})`)
  }
}
