/** Keeps bytes in Redis, in chunks. */
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { QueueError } from './address.ts'

const chunkBytes = 1 << 20
const mostChunks = 256
/** Seconds for which bytes are kept: a week. */
const lifetime = 7 * 24 * 3600

const headKey = (prefix: string, name: string) => `${prefix}:kept:${name}`
const chunkKey = (prefix: string, name: string, tag: string, index: number) =>
  `${headKey(prefix, name)}:${tag}:${index}`

interface Head {
  readonly tag: string
  readonly bytes: number
}

function parseHead(text: string): Head {
  const [, tag, bytes] = /^([0-9a-f-]{36}) (\d{1,9})$/.exec(text) ?? []
  if (tag === undefined || Number(bytes) > chunkBytes * mostChunks)
    throw new QueueError('the queue holds damaged bytes')
  return { tag, bytes: Number(bytes) }
}

export async function keepBytes(client: Redis, prefix: string, name: string, bytes: Uint8Array): Promise<void> {
  const most = chunkBytes * mostChunks
  if (bytes.length > most) throw new QueueError(`${bytes.length} bytes are too many for the queue, which takes ${most}`)
  const tag = randomUUID()
  for (let at = 0, index = 0; at < bytes.length; at += chunkBytes, index++) {
    const chunk = Buffer.from(bytes.subarray(at, at + chunkBytes))
    await client.set(chunkKey(prefix, name, tag, index), chunk, 'EX', lifetime)
  }
  // Written last, so that a reader finds all chunks or none.
  await client.set(headKey(prefix, name), `${tag} ${bytes.length}`, 'EX', lifetime)
}

/** Null where there is nothing, or no longer all of it. */
export async function keptBytes(client: Redis, prefix: string, name: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const head = await client.get(headKey(prefix, name))
  if (head === null) return null
  const { tag, bytes } = parseHead(head)
  const all = new Uint8Array(bytes)
  for (let at = 0, index = 0; at < bytes; at += chunkBytes, index++) {
    const key = chunkKey(prefix, name, tag, index)
    const length = Math.min(chunkBytes, bytes - at)
    // The length is read first: a chunk of another writer may have any.
    if ((await client.strlen(key)) !== length) return null
    const chunk = await client.getBuffer(key)
    if (chunk?.length !== length) return null
    all.set(chunk, at)
  }
  return all
}
