/** A file that only grows, through a synchronous access handle: only workers have those, and one file has at most one. */
import type { AppendFile } from '../format/files.ts'
import { isBusy, unlessMissing, writeError } from './refusal.ts'

/** Milliseconds between two attempts to open a file, and their number: a worker that was ended may still close its own. */
const [pause, attempts] = [50, 40]

async function accessTo(handle: FileSystemFileHandle): Promise<SyncAccessHandle> {
  if (!handle.createSyncAccessHandle) throw new Error('this browser cannot append to files')
  for (let attempt = 1; ; attempt++) {
    try {
      return await handle.createSyncAccessHandle()
    } catch (error) {
      if (!isBusy(error) || attempt === attempts) throw error
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

/** Opens at `length`; cuts what the file has beyond. */
async function openAt(folder: FileSystemDirectoryHandle, name: string, length: number): Promise<SyncAccessHandle> {
  const handle = await unlessMissing(() => folder.getFileHandle(name, { create: length === 0 }))
  if (!handle) throw new Error(`${name} is missing`)
  const file = await accessTo(handle)
  const size = file.getSize()
  if (size < length) {
    file.close()
    throw new Error(`${name} has ${size} bytes instead of at least ${length}`)
  }
  if (size > length) file.truncate(length)
  return file
}

/** Writes all of `data` at the end, or throws and leaves the file as it was. */
function appendAt(file: SyncAccessHandle, data: Uint8Array, at: number): void {
  try {
    // At the quota, a private window of Chromium returns another number, and the file may have a part.
    if (file.write(data, { at }) === data.length) return
    throw new DOMException('the storage took only a part', 'QuotaExceededError')
  } catch (error) {
    file.truncate(at)
    throw error
  }
}

/** Opens a file to grow from `length` bytes. Rejects where it is shorter, or open elsewhere. */
export async function openAppend(folder: FileSystemDirectoryHandle, name: string, length: number): Promise<AppendFile> {
  const file = await openAt(folder, name, length).catch((cause) => {
    throw writeError(name, cause)
  })
  const encoder = new TextEncoder()
  let [bytes, synced] = [length, Number.NaN]
  const attempt = (work: () => void) => {
    try {
      work()
    } catch (cause) {
      throw writeError(name, cause)
    }
  }
  return {
    length: () => bytes,
    append: (data) =>
      attempt(() => {
        const piece = typeof data === 'string' ? encoder.encode(data) : data
        appendAt(file, piece, bytes)
        bytes += piece.length
      }),
    sync: () => {
      if (synced === bytes) return
      attempt(() => file.flush())
      synced = bytes
    },
    close: () => file.close(),
  }
}
