/** Files of the origin-private file system as Blobs that stay readable while a log grows. */
import { sliceRange } from '../../slice-range.ts'

const hasChanged = (error: unknown) => error instanceof DOMException && error.name === 'NotReadableError'

/** Files that only grow: what they had stays where it was. */
export const growing: ReadonlySet<string> = new Set(['events.jsonl', 'units.bin'])

/** Bytes that a stream reads at once. */
const piece = 1 << 18

/**
 * A range of a file. A browser's File can no longer be read once the file has changed, and a log of a run that trains
 * changes many times a second. So a read that fails for this reason opens the file again.
 */
class StoredBlob extends Blob {
  readonly #handle: FileSystemFileHandle
  readonly #file: File
  readonly #from: number

  constructor(handle: FileSystemFileHandle, file: File, from: number, to: number) {
    super([file.slice(from, to)])
    this.#handle = handle
    this.#file = file
    this.#from = from
  }

  /** Milliseconds since 1970. */
  get lastModified(): number {
    return this.#file.lastModified
  }

  override slice(start = 0, end = this.size): Blob {
    const [from, to] = sliceRange(this.size, start, end)
    return new StoredBlob(this.#handle, this.#file, this.#from + from, this.#from + to)
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    try {
      return await super.arrayBuffer()
    } catch (error) {
      if (!hasChanged(error)) throw error
      return this.#readAgain(error)
    }
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer())
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let at = 0
    return new ReadableStream({
      pull: async (controller) => {
        if (at < this.size) controller.enqueue(new Uint8Array(await this.slice(at, at + piece).arrayBuffer()))
        at += piece
        if (at >= this.size) controller.close()
      },
    })
  }

  /** Rejects when the file was replaced or has become shorter. */
  async #readAgain(reason: unknown): Promise<ArrayBuffer> {
    const to = this.#from + this.size
    for (let attempt = 0; attempt < 50; attempt++) {
      const file = await this.#handle.getFile()
      if (!growing.has(file.name) || file.size < to) break
      try {
        return await file.slice(this.#from, to).arrayBuffer()
      } catch (error) {
        if (!hasChanged(error)) throw error
      }
    }
    throw reason
  }
}

/** A file's contents as they were when it was opened; what it gains later is not part of them. */
export const storedBlob = (handle: FileSystemFileHandle, file: File): Blob => new StoredBlob(handle, file, 0, file.size)
