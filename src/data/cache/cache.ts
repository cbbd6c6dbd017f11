/**
 * A cache of decoded images on disk, in shards. Images are found by the hash of their file: a changed file is another
 * image. A shard becomes visible as a whole, once it is sealed. Shards of other decoders are not read.
 */
import { decoderVersion } from '../decode/version.ts'
import { type CacheWriter, DataError, type Pixels, reasonOf, type StoredImage } from '../source.ts'
import type { CacheFolders, ShardFiles, ShardReader, ShardWriter } from './files.ts'
import { isCurrent, type Note, type Place, readTail, writeTail } from './shard.ts'

export interface ImageCache extends CacheWriter, Disposable {
  /** Null if the image is not cached, or its shard is not sealed yet. */
  readonly image: (hash: string) => StoredImage | null
  /** Seals the images written so far. Never rejects. */
  readonly flush: () => Promise<void>
  /** Why the cache takes no more images; null while it does. */
  readonly failure: () => string | null
  /** Closes the files and discards unsealed images. No image can be read afterwards. */
  readonly close: () => void
}

/** Bytes of pixels in a shard: a few seconds of decoding, which is what a crash may lose. */
const shardBytes = 2 ** 27

/** The cache's folder name: its dataset and side, in readable form. */
export function cacheId({ source, side }: Note): string {
  const name = source.replace(/[^a-zA-Z0-9._-]+/g, '-').slice(0, 60)
  return `${name.replace(/^\.+/, '') || 'set'}@${side}`
}

interface Writing {
  readonly writer: ShardWriter
  readonly places: Place[]
  end: number
}

/** The mutable state of an open cache. */
interface State {
  readonly files: ShardFiles
  readonly note: Note
  /** Bytes of pixels at which a shard is sealed. */
  readonly limit: number
  readonly readers: ShardReader[]
  /** Hash → shard and place; null while the image's shard is not sealed. */
  readonly found: Map<string, { readonly shard: number; readonly place: Place } | null>
  writing: Writing | null
  failure: string | null
  closed: boolean
  /** Settles when the queued writes have ended. */
  queue: Promise<void>
}

/** Opens a dataset's cache, or creates it. */
export async function openCache(folders: CacheFolders, note: Note, limit = shardBytes): Promise<ImageCache> {
  const files = await folders.files(cacheId(note))
  const state: State = {
    files,
    note,
    limit,
    readers: [],
    found: new Map(),
    writing: null,
    failure: null,
    closed: false,
    queue: Promise.resolve(),
  }
  try {
    for (const name of await files.list()) await loadShard(state, name)
  } catch (error) {
    close(state)
    throw error
  }
  return {
    side: note.side,
    has: (hash) => state.found.has(hash),
    put: (hash, image) => put(state, hash, image),
    image: (hash) => imageOf(state, hash),
    flush: () => queued(state, () => seal(state)),
    failure: () => state.failure,
    close: () => close(state),
    [Symbol.dispose]: () => close(state),
  }
}

/** Reads a shard's index. Removes a shard that is damaged, or that other decoders made. */
async function loadShard(state: State, name: string): Promise<void> {
  const reader = await state.files.open(name)
  if (state.closed) return reader.close()
  try {
    const { note, places } = readTail(reader)
    if (!isCurrent(note) || note.side !== state.note.side) throw new DataError('the shard holds other images')
    const shard = state.readers.push(reader) - 1
    for (const place of places) state.found.set(place.hash, { shard, place })
  } catch {
    reader.close()
    await state.files.remove(name)
  }
}

/** Runs `work` after the earlier writes. */
function queued(state: State, work: () => Promise<void>): Promise<void> {
  state.queue = state.queue.then(work)
  return state.queue
}

function put(state: State, hash: string, image: Pixels): Promise<void> {
  if (state.found.has(hash)) return Promise.resolve()
  state.found.set(hash, null)
  return queued(state, () => write(state, hash, image))
}

async function write(state: State, hash: string, { width, height, data }: Pixels): Promise<void> {
  const writing = await openWriting(state)
  if (!writing) return void state.found.delete(hash)
  writing.places.push({ hash, offset: writing.end, width, height })
  try {
    writing.writer.write(data, writing.end)
  } catch (error) {
    state.failure = reasonOf(error)
    state.writing = null
    return discard(state, writing)
  }
  writing.end += data.length
  if (writing.end >= state.limit) await seal(state)
}

/** The shard that is being written, or a new one; null once the cache has failed or is closed. */
async function openWriting(state: State): Promise<Writing | null> {
  if (state.failure !== null || state.closed) return null
  try {
    state.writing ??= { writer: await state.files.create(), places: [], end: 0 }
  } catch (error) {
    state.failure = reasonOf(error)
  }
  return state.writing
}

async function seal(state: State): Promise<void> {
  const { writing } = state
  if (!writing || state.closed) return
  state.writing = null
  try {
    writeTail(writing.writer, writing.end, writing.places, { ...state.note, decoders: decoderVersion })
    await loadShard(state, await writing.writer.seal())
  } catch (error) {
    state.failure = reasonOf(error)
    await discard(state, writing)
  }
}

/** Removes a shard that cannot be sealed, and forgets its images. */
async function discard({ found }: State, { places, writer }: Writing): Promise<void> {
  for (const { hash } of places) found.delete(hash)
  await writer.discard()
}

function close(state: State): void {
  if (state.closed) return
  state.closed = true
  for (const reader of state.readers) reader.close()
  // After the queued writes, one of which may still have created a shard.
  void queued(state, async () => {
    const { writing } = state
    state.writing = null
    if (writing) await discard(state, writing)
  })
}

function imageOf({ readers, found }: State, hash: string): StoredImage | null {
  const at = found.get(hash)
  return at ? storedAt(readers[at.shard], at.place) : null
}

const storedAt = (reader: ShardReader, { offset, width, height }: Place): StoredImage => ({
  width,
  height,
  readRows: (top, rows, out) => {
    try {
      reader.read(out.subarray(0, 3 * width * rows), offset + 3 * width * top)
    } catch (error) {
      throw new DataError(`cannot read a cached image (${reasonOf(error)}); start the run again to decode the image`, {
        cause: error,
      })
    }
  },
})

/** Whether `bytes` more fit on the disk, with a margin. */
export async function hasRoom(folders: CacheFolders, bytes: number): Promise<boolean> {
  const free = await folders.free()
  return free === null || bytes < 0.9 * free
}
