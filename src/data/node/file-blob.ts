/**
 * A file as a Blob that reads by position. Node's own (openAsBlob) takes a third of a millisecond for a small piece and
 * reads large ones at a few hundred megabytes a second, which is most of the time an archive's index takes.
 */
import { closeSync, fstatSync, openSync, read } from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { sliceRange } from '../../slice-range.ts'
import { isAsListed, type ListedFacts } from './stamp.ts'

const readAt = promisify(read)

/** Size of a stream's chunks, in bytes. */
const chunkSize = 2 ** 20

const changed = () => new DOMException('The file has changed.', 'NotReadableError')

/** A file's descriptor: opened by the first read, closed by the owner once the pending reads have ended. */
class Descriptor {
  readonly #path: string
  readonly #listed: ListedFacts
  readonly #pending = new Set<Promise<unknown>>()
  #number: number | null = null
  #closed = false

  constructor(path: string, listed: ListedFacts) {
    this.#path = path
    this.#listed = listed
  }

  /** Reads bytes from position `from` of the file into `out` and resolves with their number, at least 1. */
  async read(out: Uint8Array, from: number): Promise<number> {
    const reading = readAt(this.#opened(), out, 0, out.length, from)
    this.#pending.add(reading)
    try {
      const { bytesRead } = await reading
      if (bytesRead === 0) throw changed()
      return bytesRead
    } finally {
      this.#pending.delete(reading)
    }
  }

  /** Throws NotReadableError if the file is no longer the one that was listed. */
  #opened(): number {
    if (this.#closed) throw new Error(`the dataset of ${this.#path} is closed`)
    this.#number ??= openSync(this.#path, 'r')
    if (!isAsListed(fstatSync(this.#number, { bigint: true }), this.#listed)) throw changed()
    return this.#number
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#pending)
    if (this.#number !== null) closeSync(this.#number)
    this.#number = null
  }
}

/** What a Blob reads from. */
interface Source {
  /** Reads bytes from position `from` into `out` and resolves with their number, at least 1. */
  readonly read: (out: Uint8Array, from: number) => Promise<number>
}

class FileBlob extends Blob {
  readonly #file: Source
  readonly #from: number
  readonly #to: number

  constructor(file: Source, from: number, to: number) {
    super()
    this.#file = file
    this.#from = from
    this.#to = to
  }

  override get size(): number {
    return this.#to - this.#from
  }

  override slice(start = 0, end = this.size): Blob {
    const [from, to] = sliceRange(this.size, start, end)
    return new FileBlob(this.#file, this.#from + from, this.#from + to)
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = new Uint8Array(this.size)
    for (let at = 0; at < bytes.length; ) at += await this.#file.read(bytes.subarray(at), this.#from + at)
    return bytes.buffer
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer())
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let at = 0
    return new ReadableStream({
      pull: async (controller) => {
        const piece = this.slice(at, at + chunkSize)
        at += piece.size
        if (piece.size === 0) controller.close()
        else controller.enqueue(new Uint8Array(await piece.arrayBuffer()))
      },
    })
  }
}

/** A file that its owner closes; the Blob and its slices reject reads from then on. */
export interface OpenFile {
  readonly blob: Blob
  /** Waits for pending reads. Never rejects. */
  readonly close: () => Promise<void>
}

/** Does not open the file before the first read. Reads reject with NotReadableError once the file has changed. */
export async function openFile(path: string): Promise<OpenFile> {
  const info = await stat(path, { bigint: true })
  const descriptor = new Descriptor(path, info)
  return { blob: new FileBlob(descriptor, 0, Number(info.size)), close: () => descriptor.close() }
}

const none = new Set(['ENOENT', 'ENOTDIR'])

/**
 * The present contents of a file that may grow; null where there is no file. Every read opens the file and closes it, so
 * nobody has to close the Blob. Reads reject with NotReadableError once the file was replaced or has become shorter.
 */
export async function currentFile(path: string): Promise<Blob | null> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (none.has(error.code ?? '')) return null
    throw error
  })
  if (!info?.isFile()) return null
  const read = async (out: Uint8Array, from: number) => {
    const file = openSync(path, 'r')
    try {
      const now = fstatSync(file)
      if (now.ino !== info.ino || now.size < info.size) throw changed()
      const { bytesRead } = await readAt(file, out, 0, out.length, from)
      if (bytesRead === 0) throw changed()
      return bytesRead
    } finally {
      closeSync(file)
    }
  }
  return new FileBlob({ read }, 0, info.size)
}
