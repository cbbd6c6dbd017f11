/** The files of a run in memory, whose operations can fail: what a crash, a loss of power or a full disk leaves. */
import { encoded } from '../runs/format/blobs.ts'
import type { AppendFile, WritableRunFiles } from '../runs/format/files.ts'

export interface Operation {
  readonly kind: 'read' | 'list' | 'replace' | 'remove' | 'open' | 'append' | 'sync' | 'close'
  readonly path: string
  /** Counts the operations from 0. */
  readonly index: number
  /** Bytes to write; 0 for other operations. */
  readonly bytes: number
}

/** How an operation fails: nothing of it is done, a part (of an append), or all of it. */
export type Fault = 'before' | 'part' | 'after'

/** The process ends here: every later operation fails too. */
export class Crash extends Error {
  override name = 'Crash'
}

export interface MemoryFiles extends WritableRunFiles {
  /** The files as a process sees them. */
  readonly contents: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
  /** The files after a loss of power: what was appended and not synced is lost. */
  readonly durable: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
  readonly operations: () => number
}

export interface Faults {
  /** The fault of an operation that ends the process, or null. */
  readonly crash?: (operation: Operation) => Fault | null
  /** The fault of an operation that the storage refuses, for instance because it is full, or null. */
  readonly refuse?: (operation: Operation) => Exclude<Fault, 'after'> | null
}

type Files = Map<string, Uint8Array<ArrayBuffer>>

const none = new Uint8Array(0)

const together = (a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> => {
  const all = new Uint8Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  return all
}

const refusal = (path: string) => new DOMException(`no space for ${path}`, 'QuotaExceededError')

/** Runs `work`, which takes how much of it is done, as the faults allow. */
function faulty({ crash, refuse }: Faults) {
  let [count, dead] = [0, false]
  const run = <T>(kind: Operation['kind'], path: string, bytes: number, work: (share: number) => T): T => {
    if (dead) throw new Crash(`${kind} ${path} after the end of the process`)
    const operation = { kind, path, index: count++, bytes }
    const fault = crash?.(operation) ?? null
    if (fault !== null) {
      dead = true
      if (fault === 'after') work(1)
      if (fault === 'part' && kind === 'append') work(0.5)
      throw new Crash(`${kind} ${path}`)
    }
    const refused = refuse?.(operation) ?? null
    if (refused === 'part' && kind === 'append') work(0.5)
    if (refused !== null) throw refusal(path)
    return work(1)
  }
  return { run, count: () => count }
}

function appendFile(path: string, contents: Files, durable: Files, run: ReturnType<typeof faulty>['run']): AppendFile {
  const own = () => contents.get(path) ?? none
  return {
    length: () => own().length,
    append: (data) => {
      const bytes = encoded(data)
      run('append', path, bytes.length, (share) =>
        contents.set(path, together(own(), bytes.subarray(0, Math.floor(share * bytes.length)))),
      )
    },
    sync: () => run('sync', path, 0, () => void durable.set(path, own())),
    close: () => run('close', path, 0, () => {}),
  }
}

/** Files in memory, at first those of `initial`. */
export function memoryFiles(
  initial: ReadonlyMap<string, Uint8Array<ArrayBuffer>> = new Map(),
  faults: Faults = {},
): MemoryFiles {
  const [contents, durable]: [Files, Files] = [new Map(initial), new Map(initial)]
  const { run, count } = faulty(faults)
  const set = (path: string, bytes: Uint8Array<ArrayBuffer>) => {
    contents.set(path, bytes)
    durable.set(path, bytes)
  }
  return {
    contents,
    durable,
    operations: count,
    read: async (path) =>
      run('read', path, 0, () => {
        const bytes = contents.get(path)
        return bytes ? new Blob([bytes]) : null
      }),
    list: async (folder) =>
      run('list', folder, 0, () => {
        const prefix = folder === '' ? '' : `${folder}/`
        return [...contents]
          .filter(([path]) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
          .map(([path, bytes]) => ({ name: path.slice(prefix.length), bytes: bytes.length }))
      }),
    replace: async (path, data) => {
      const bytes = data instanceof Blob ? new Uint8Array(await data.arrayBuffer()) : encoded(data)
      run('replace', path, bytes.length, () => set(path, bytes.slice()))
    },
    remove: async (path) =>
      run('remove', path, 0, () => {
        contents.delete(path)
        durable.delete(path)
      }),
    append: async (path, length) => {
      run('open', path, 0, () => {
        const own = contents.get(path)
        if ((own?.length ?? 0) < length) throw new RangeError(`${path} is shorter than ${length} bytes`)
        set(path, (own ?? none).slice(0, length))
      })
      return appendFile(path, contents, durable, run)
    },
  }
}
