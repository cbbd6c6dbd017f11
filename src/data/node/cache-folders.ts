/** Caches of the command line: one folder each inside the user's cache folder. */
import { randomUUID } from 'node:crypto'
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { CacheFolders, ShardFiles, ShardReader, ShardWriter } from '../cache/files.ts'
import { isAbandoned, partName } from './part-files.ts'

const defaultRoot = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'selectivity-lab', 'images')

/** Bytes that caches leave free on the disk. */
const reserve = 2 ** 30

function writeAll(file: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, at + done)
}

function readAll(file: number, out: Uint8Array, at: number): void {
  for (let done = 0; done < out.length; ) {
    const count = readSync(file, out, done, out.length - done, at + done)
    if (count === 0) throw new Error('the file ends too early')
    done += count
  }
}

/** Returns a function that closes a descriptor once, however often it is called: its number may be reused by then. */
function closing(file: number): () => void {
  let open = true
  return () => {
    if (open) closeSync(file)
    open = false
  }
}

function createShard(folder: string): ShardWriter {
  const part = join(folder, partName())
  const file = openSync(part, 'w')
  const close = closing(file)
  return {
    write: (bytes, at) => writeAll(file, bytes, at),
    seal: async () => {
      fsyncSync(file)
      close()
      const name = `${randomUUID()}.shard`
      await rename(part, join(folder, name))
      return name
    },
    discard: async () => {
      close()
      await rm(part, { force: true }).catch(() => {})
    },
  }
}

function openShard(path: string): ShardReader {
  const file = openSync(path, 'r')
  const close = closing(file)
  let closed = false
  return {
    size: fstatSync(file).size,
    read: (out, at) => {
      if (closed) throw new Error('the cache is closed')
      readAll(file, out, at)
    },
    close: () => {
      closed = true
      close()
    },
  }
}

function shardFiles(folder: string): ShardFiles {
  return {
    list: async () => {
      const names = await readdir(folder)
      for (const name of names.filter((n) => n.endsWith('.part') && isAbandoned(n))) {
        await rm(join(folder, name), { force: true }).catch(() => {})
      }
      return names.filter((name) => name.endsWith('.shard')).sort()
    },
    create: async () => createShard(folder),
    open: async (name) => openShard(join(folder, name)),
    remove: (name) => rm(join(folder, name), { force: true }).catch(() => {}),
  }
}

export function nodeCaches(root = defaultRoot()): CacheFolders {
  return {
    ids: async () => {
      const found = await readdir(root, { withFileTypes: true }).catch(() => [])
      return found.filter((item) => item.isDirectory()).map(({ name }) => name)
    },
    files: async (id) => {
      await mkdir(join(root, id), { recursive: true })
      return shardFiles(join(root, id))
    },
    existing: async (id) => {
      const there = await stat(join(root, id)).then(
        (info) => info.isDirectory(),
        () => false,
      )
      return there ? shardFiles(join(root, id)) : null
    },
    remove: (id) => rm(join(root, id), { recursive: true, force: true }),
    free: async () => {
      await mkdir(root, { recursive: true })
      const { bavail, bsize } = await statfs(root)
      return Math.max(0, bavail * bsize - reserve)
    },
  }
}
