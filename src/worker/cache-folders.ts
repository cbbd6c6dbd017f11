/** Caches of the browser: folders `images/ID/` of the origin-private file system, accessed by sync access handles. */
import type { CacheFolders, ShardFiles, ShardReader, ShardWriter } from '../data/cache/files.ts'

/** A file's handle in a worker. */
type WorkerFileHandle = FileSystemFileHandle & Required<Pick<FileSystemFileHandle, 'createSyncAccessHandle' | 'move'>>

/** Bytes that caches leave free for checkpoints and other data. */
const reserve = 2 ** 28

const imagesFolder = async () => (await navigator.storage.getDirectory()).getDirectoryHandle('images', { create: true })

function writeAll(file: SyncAccessHandle, bytes: Uint8Array, at: number): void {
  const written = file.write(bytes, { at })
  if (written !== bytes.length) throw new Error('the disk is full')
}

function readAll(file: SyncAccessHandle, out: Uint8Array, at: number): void {
  const count = file.read(out, { at })
  if (count !== out.length) throw new Error('the file ends too early')
}

async function createShard(folder: FileSystemDirectoryHandle): Promise<ShardWriter> {
  const id = crypto.randomUUID()
  const handle = (await folder.getFileHandle(`${id}.part`, { create: true })) as WorkerFileHandle
  const file = await handle.createSyncAccessHandle()
  return {
    write: (bytes, at) => writeAll(file, bytes, at),
    seal: async () => {
      file.flush()
      file.close()
      await handle.move(`${id}.shard`)
      return `${id}.shard`
    },
    discard: async () => {
      file.close()
      await folder.removeEntry(`${id}.part`).catch(() => {})
    },
  }
}

/** Other pages can also read the shard. It cannot be removed while it is open. */
async function openShard(folder: FileSystemDirectoryHandle, name: string): Promise<ShardReader> {
  const handle = (await folder.getFileHandle(name)) as WorkerFileHandle
  const file = await handle.createSyncAccessHandle({ mode: 'read-only' })
  return { size: file.getSize(), read: (out, at) => readAll(file, out, at), close: () => file.close() }
}

const shardFiles = (folder: FileSystemDirectoryHandle): ShardFiles => ({
  list: async () => {
    const names: string[] = []
    for await (const name of folder.keys()) names.push(name)
    // A shard that another page is writing is locked and cannot be removed.
    for (const name of names.filter((n) => n.endsWith('.part'))) await folder.removeEntry(name).catch(() => {})
    return names.filter((name) => name.endsWith('.shard')).sort()
  },
  create: () => createShard(folder),
  open: (name) => openShard(folder, name),
  remove: (name) => folder.removeEntry(name).catch(() => {}),
})

export const browserCaches: CacheFolders = {
  ids: async () => {
    const ids: string[] = []
    for await (const id of (await imagesFolder()).keys()) ids.push(id)
    return ids
  },
  files: async (id) => shardFiles(await (await imagesFolder()).getDirectoryHandle(id, { create: true })),
  existing: async (id) => {
    const folder = await (await imagesFolder()).getDirectoryHandle(id).catch(() => null)
    return folder && shardFiles(folder)
  },
  remove: async (id) => {
    await (await imagesFolder()).removeEntry(id, { recursive: true }).catch(() => {
      throw new Error('These images are in use by a run in this or another tab; stop the run first.')
    })
  },
  free: async () => {
    const { quota, usage } = await navigator.storage.estimate()
    return quota === undefined ? null : Math.max(0, quota - (usage ?? 0) - reserve)
  },
}
