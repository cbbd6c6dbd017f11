/** The files of a run where storage may run short: what does not fit makes room or waits, and no event is lost. */
import type { AppendFile, WritableRunFiles } from '../format/files.ts'
import { isStorageFull } from './refusal.ts'

/** Frees at least `bytes` if it can. Resolves with false where nothing more can go. */
export type MakeRoom = (bytes: number) => Promise<boolean>

type Data = string | Uint8Array<ArrayBuffer> | Blob

const sizeOf = (data: Data): number =>
  typeof data === 'string' ? new TextEncoder().encode(data).length : data instanceof Blob ? data.size : data.length

/** Repeats `work` as long as it fails for lack of space and room can be made. */
async function withRoom<T>(work: () => Promise<T>, bytes: number, makeRoom: MakeRoom): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isStorageFull(error) || !(await makeRoom(bytes))) throw error
    }
  }
}

/** Appended data that waits in memory for room, and is written in order as soon as there is some. */
function createBacklog(file: AppendFile) {
  const waiting: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  return {
    bytes: () => bytes,
    add: (data: Uint8Array<ArrayBuffer>) => {
      // The caller may use its array again.
      waiting.push(data.slice())
      bytes += data.length
    },
    /** Writes what waits. Throws where there is no room. */
    write: () => {
      for (let next = waiting[0]; next; next = waiting[0]) {
        file.append(next)
        waiting.shift()
        bytes -= next.length
      }
    },
  }
}

/** Bytes that are freed beyond what waits, so that the next lines fit too. */
const ahead = 2 ** 20

function roomyAppend(file: AppendFile, makeRoom: MakeRoom): AppendFile {
  const backlog = createBacklog(file)
  const encoder = new TextEncoder()
  let asking = false
  let isOpen = true
  const ask = async () => {
    if (asking) return
    asking = true
    try {
      const write = async () => (isOpen ? backlog.write() : undefined)
      await withRoom(write, backlog.bytes() + ahead, makeRoom)
    } catch {
      // The next sync tries again, and says why it fails.
    } finally {
      asking = false
    }
  }
  return {
    length: () => file.length() + backlog.bytes(),
    append: (data) => {
      const piece = typeof data === 'string' ? encoder.encode(data) : data
      try {
        backlog.write()
        file.append(piece)
      } catch (error) {
        if (!isStorageFull(error)) throw error
        backlog.add(piece)
        void ask()
      }
    },
    sync: () => {
      try {
        backlog.write()
      } catch (error) {
        void ask()
        throw error
      }
      file.sync()
    },
    close: () => {
      isOpen = false
      try {
        backlog.write()
      } finally {
        file.close()
      }
    },
  }
}

/**
 * The same files. A replacement that does not fit makes room. What does not fit into a log waits in memory: `append` takes it,
 * `length` counts it, and `sync` throws until it is written.
 */
export const roomyFiles = (files: WritableRunFiles, makeRoom: MakeRoom): WritableRunFiles => ({
  ...files,
  replace: (path, data) => withRoom(() => files.replace(path, data), sizeOf(data), makeRoom),
  append: async (path, length) =>
    roomyAppend(await withRoom(() => files.append(path, length), ahead, makeRoom), makeRoom),
})
