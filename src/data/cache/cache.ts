/**
 * Decoded images that are kept on disk between visits, found by the hash of their files: a changed file is another image,
 * and one that several sets share is found in each of their caches. A shard is either whole or not there.
 */
import type { CacheInfo } from '../../protocol/data-report.ts'
import { DataError, type Keep, type Pixels, reasonOf, type StoredImage } from '../source.ts'
import type { CacheFolders, ShardFiles, ShardReader, ShardWriter } from './files.ts'
import { type Note, type Place, readTail, writeTail } from './shard.ts'

export interface ImageCache extends Keep {
  /** Null where it is not kept, or not yet in a whole shard. */
  readonly image: (hash: string) => StoredImage | null
  /** Makes whole what was put. Never rejects. */
  readonly flush: () => Promise<void>
  /** Why nothing can be kept any more; null while it can. */
  readonly failure: () => string | null
  /** Leaves the files to others; images are not readable any more. Call `flush` before. */
  readonly close: () => void
}

/** Pixels of a shard, in bytes: some seconds of decoding, which a crash may cost. */
const shardBytes = 2 ** 27

/** A cache is named by its source and side, so that it can be told what it is for. */
export function cacheId({ source, side }: Note): string {
  const name = source.replace(/[^a-zA-Z0-9._-]+/g, '-').slice(0, 60)
  return `${name.replace(/^\.+/, '') || 'set'}@${side}`
}

interface Writing {
  readonly writer: ShardWriter
  readonly places: Place[]
  end: number
}

/** Opens a set's cache, or begins it. */
export async function openCache(folders: CacheFolders, note: Note, limit = shardBytes): Promise<ImageCache> {
  const files = await folders.files(cacheId(note))
  const readers: ShardReader[] = []
  /** Hash → shard and place; null while it is in a shard that is not whole. */
  const found = new Map<string, { readonly shard: number; readonly place: Place } | null>()
  let writing: Writing | null = null
  let failure: string | null = null
  let closed = false
  let queue = Promise.resolve()

  async function load(name: string): Promise<void> {
    const reader = await files.open(name)
    try {
      const { places } = readTail(reader)
      const shard = readers.push(reader) - 1
      for (const place of places) found.set(place.hash, { shard, place })
    } catch {
      reader.close()
      await files.remove(name)
    }
  }
  for (const name of await files.list()) await load(name)

  async function give(): Promise<void> {
    if (!writing) return
    const { writer, places, end } = writing
    writing = null
    try {
      writeTail(writer, end, places, note)
      await load(await writer.seal())
    } catch (error) {
      await lose(writer, places, error)
    }
  }

  async function lose(writer: ShardWriter, places: readonly Place[], error: unknown): Promise<void> {
    failure = reasonOf(error)
    for (const { hash } of places) found.delete(hash)
    await writer.discard()
  }

  async function write(hash: string, { width, height, data }: Pixels): Promise<void> {
    if (failure !== null || closed) return void found.delete(hash)
    try {
      writing ??= { writer: await files.create(), places: [], end: 0 }
    } catch (error) {
      failure = reasonOf(error)
      return void found.delete(hash)
    }
    const { writer, places, end } = writing
    places.push({ hash, offset: end, width, height })
    try {
      writer.write(data, end)
    } catch (error) {
      writing = null
      return lose(writer, places, error)
    }
    writing.end += data.length
    if (writing.end >= limit) await give()
  }

  /** One after another. */
  const queued = (work: () => Promise<void>): Promise<void> => {
    queue = queue.then(work)
    return queue
  }

  return {
    side: note.side,
    has: (hash) => found.has(hash),
    put: (hash, image) => {
      if (found.has(hash)) return Promise.resolve()
      found.set(hash, null)
      return queued(() => write(hash, image))
    },
    image: (hash) => {
      const at = found.get(hash)
      return at ? storedAt(readers[at.shard], at.place) : null
    },
    flush: () => queued(give),
    failure: () => failure,
    close: () => {
      closed = true
      for (const reader of readers) reader.close()
    },
  }
}

const storedAt = (reader: ShardReader, { offset, width, height }: Place): StoredImage => ({
  width,
  height,
  readRows: (top, rows, out) => {
    try {
      reader.read(out.subarray(0, 3 * width * rows), offset + 3 * width * top)
    } catch (error) {
      throw new DataError(`a kept image cannot be read any more (${reasonOf(error)}); start again to decode it anew`, {
        cause: error,
      })
    }
  },
})

async function infoOf(id: string, files: ShardFiles): Promise<CacheInfo> {
  let info: CacheInfo = { id, source: id.replace(/@\d+$/, ''), side: 0, images: 0, bytes: 0 }
  for (const name of await files.list()) {
    const reader = await files.open(name)
    try {
      const { note, places } = readTail(reader)
      info = { id, ...note, images: info.images + places.length, bytes: info.bytes + reader.size }
    } catch {
      // Damaged: whoever opens the cache next removes it.
      info = { ...info, bytes: info.bytes + reader.size }
    } finally {
      reader.close()
    }
  }
  return info
}

/** What is kept, in the order of the ids. */
export async function listCaches(folders: CacheFolders): Promise<CacheInfo[]> {
  const found: CacheInfo[] = []
  for (const id of (await folders.ids()).sort()) {
    const files = await folders.existing(id)
    const info = files && (await infoOf(id, files))
    // An empty folder is one that is being begun or deleted.
    if (info && info.bytes > 0) found.push(info)
  }
  return found
}

/** Whether so many bytes more have room, and leave some. */
export async function hasRoom(folders: CacheFolders, bytes: number): Promise<boolean> {
  const free = await folders.free()
  return free === null || bytes < 0.9 * free
}
