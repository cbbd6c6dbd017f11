/** A log that grows, also after the storage refused a part of it. */
import type { WritableRunFiles } from './files.ts'

export interface GrowingLog {
  /** Appends all bytes. Rejects where the storage refuses; what it took of them is cut off before the next append. */
  readonly append: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>
  /** Throws where the storage refuses. */
  readonly sync: () => void
  readonly close: () => void
  /** Bytes of the whole appends. */
  readonly length: () => number
}

export async function openLog(files: WritableRunFiles, path: string, from: number): Promise<GrowingLog> {
  let file = await files.append(path, from)
  let length = from
  let isWhole = true
  const reopen = async () => {
    try {
      file.close()
    } catch {
      // The file opens again all the same.
    }
    file = await files.append(path, length)
    isWhole = true
  }
  return {
    append: async (bytes) => {
      if (!isWhole) await reopen()
      isWhole = false
      file.append(bytes)
      isWhole = true
      length += bytes.length
    },
    sync: () => file.sync(),
    close: () => file.close(),
    length: () => length,
  }
}
