/**
 * The origin-private file system on a temporary folder, as Chromium behaves: files are open once, a File is unreadable after a
 * change, a stream replaces a file when it is closed, and a quota refuses what would exceed it.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openAsBlob,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import type { BrowserStorage } from '../runs/opfs/folders.ts'

export interface TestStorage {
  /** The storage's folder on the disk. */
  readonly path: string
  /** Bytes that all files may have. */
  quota: number
  /** As in a private window: a write at the quota writes a part and returns a senseless number. */
  partial: boolean
  /** The storage as a new worker has it. */
  readonly worker: () => BrowserStorage
  /** All workers die: their files are closed and their locks released, and nothing that they still do reaches the storage. */
  readonly endWorkers: () => void
  readonly dispose: () => void
}

const refuse = (name: string, message = name): never => {
  throw new DOMException(message, name)
}

const bytesBelow = (path: string): number =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)

interface Inside {
  readonly storage: TestStorage
  /** Paths of files that are open for writing. */
  readonly open: Set<string>
  readonly isDead: () => boolean
}

function requireAlive({ isDead }: Inside): void {
  if (isDead()) refuse('InvalidStateError', 'the worker is dead')
}

/** Throws where `more` bytes exceed the quota. */
function claim(inside: Inside, more: number): void {
  const { storage } = inside
  requireAlive(inside)
  if (more > 0 && bytesBelow(storage.path) + more > storage.quota) refuse('QuotaExceededError')
}

function lock({ open }: Inside, path: string): void {
  if (open.has(path)) refuse('NoModificationAllowedError')
  open.add(path)
}

function access(inside: Inside, path: string): SyncAccessHandle {
  requireAlive(inside)
  lock(inside, path)
  const file = openSync(path, 'r+')
  let isClosed = false
  const requireOpen = () => {
    if (isClosed) refuse('InvalidStateError', 'the file is closed')
  }
  return {
    read: (out, { at }) => readSync(file, out, 0, out.length, at),
    write: (bytes, { at }) => {
      requireOpen()
      try {
        claim(inside, at + bytes.length - fstatSync(file).size)
      } catch (error) {
        if (!inside.storage.partial) throw error
        writeSync(file, bytes, 0, Math.floor(bytes.length / 2), at)
        return 4294967288
      }
      return writeSync(file, bytes, 0, bytes.length, at)
    },
    truncate: (size) => {
      requireOpen()
      requireAlive(inside)
      ftruncateSync(file, size)
    },
    getSize: () => fstatSync(file).size,
    flush: () => {},
    close: () => {
      // Closing again does nothing; the descriptor may be another file's by then.
      if (isClosed) return
      isClosed = true
      if (!inside.isDead()) inside.open.delete(path)
      closeSync(file)
    },
  }
}

function stream(inside: Inside, path: string) {
  requireAlive(inside)
  if (inside.open.has(path)) refuse('NoModificationAllowedError')
  const swap = `${path}.crswap`
  writeFileSync(swap, '')
  return {
    write: async (data: string | Uint8Array | Blob) => {
      const bytes = Buffer.from(await new Blob([data as BlobPart]).arrayBuffer())
      claim(inside, bytes.length)
      writeFileSync(swap, bytes, { flag: 'a' })
    },
    close: async () => {
      requireAlive(inside)
      renameSync(swap, path)
    },
    abort: async () => rmSync(swap, { force: true }),
  }
}

function fileHandle(inside: Inside, path: string): FileSystemFileHandle {
  const name = basename(path)
  const handle = {
    kind: 'file',
    name,
    getFile: async () => {
      if (!existsSync(path)) refuse('NotFoundError')
      return Object.assign(await openAsBlob(path), { name, lastModified: 1 })
    },
    createSyncAccessHandle: async () => access(inside, path),
    createWritable: async () => stream(inside, path),
  }
  return handle as unknown as FileSystemFileHandle
}

const isFolder = (path: string) => existsSync(path) && statSync(path).isDirectory()

function folderHandle(inside: Inside, path: string): FileSystemDirectoryHandle {
  const inner = (name: string) => {
    const at = join(path, name)
    return isFolder(at) ? folderHandle(inside, at) : fileHandle(inside, at)
  }
  const required = (name: string, create: boolean | undefined, make: (at: string) => void) => {
    if (!isFolder(path)) refuse('NotFoundError')
    if (existsSync(join(path, name))) return
    if (create) make(join(path, name))
    else refuse('NotFoundError')
  }
  const handle = {
    kind: 'directory',
    name: basename(path),
    getFileHandle: async (name: string, options: FileSystemGetFileOptions = {}) => {
      required(name, options.create, (at) => writeFileSync(at, ''))
      return fileHandle(inside, join(path, name))
    },
    getDirectoryHandle: async (name: string, options: FileSystemGetDirectoryOptions = {}) => {
      required(name, options.create, (at) => mkdirSync(at))
      return folderHandle(inside, join(path, name))
    },
    removeEntry: async (name: string, { recursive = false }: FileSystemRemoveOptions = {}) => {
      requireAlive(inside)
      const at = join(path, name)
      if ([...inside.open].some((one) => one.startsWith(at))) refuse('NoModificationAllowedError')
      required(name, false, () => {})
      rmSync(at, { recursive })
    },
    values: async function* () {
      if (!isFolder(path)) refuse('NotFoundError')
      for (const name of readdirSync(path)) yield inner(name)
    },
  }
  return handle as unknown as FileSystemDirectoryHandle
}

/** The Web Locks of one page: exclusive locks, first come, first served. */
function testLocks(): { locks: LockManager; release: () => void } {
  const held = new Map<string, Promise<unknown>>()
  const dead: (() => void)[] = []
  const request = async (name: string, { signal }: LockOptions, work: () => Promise<unknown>) => {
    while (held.has(name)) {
      const aborted = new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true }),
      )
      await Promise.race([held.get(name), aborted])
    }
    const died = new Promise<void>((resolve) => dead.push(resolve))
    const done = Promise.race([work(), died]).finally(() => held.delete(name))
    held.set(name, done)
    return done
  }
  const query = async () => ({ held: [...held.keys()].map((name) => ({ name })), pending: [] })
  const release = () => {
    for (const end of dead.splice(0)) end()
  }
  return { locks: { request, query } as unknown as LockManager, release }
}

/** An empty storage. */
export function testStorage(): TestStorage {
  const path = mkdtempSync(join(tmpdir(), 'opfs-'))
  const { locks, release } = testLocks()
  const open = new Set<string>()
  let generation = 0
  const worker = (): BrowserStorage => {
    const own = generation
    const inside: Inside = { storage, open, isDead: () => generation !== own }
    return {
      root: () => Promise.resolve(folderHandle(inside, path)),
      locks,
      estimate: async () => ({ quota: storage.quota, usage: bytesBelow(path) }),
      persisted: async () => false,
    }
  }
  const storage: TestStorage = {
    path,
    quota: Number.POSITIVE_INFINITY,
    partial: false,
    worker,
    endWorkers: () => {
      generation++
      open.clear()
      release()
    },
    dispose: () => rmSync(path, { recursive: true, force: true }),
  }
  return storage
}

/** The bytes of a file of a run in a storage. */
export const storedBytes = ({ path }: TestStorage, id: string, file: string): Buffer =>
  readFileSync(join(path, 'runs', id, file))
