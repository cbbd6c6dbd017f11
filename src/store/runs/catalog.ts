/**
 * The catalog of the stored runs, which the browser keeps beside their folders so that a list of many runs opens at once. It
 * only repeats what the folders have: without it, or with an outdated entry, the folder is read again.
 */
import { createStore, delMany, entries, set, type UseStore } from 'idb-keyval'
import type { RunFiles } from '../../runs/format/files.ts'
import { innerFolders } from '../../runs/run-paths.ts'
import type { RunSummary } from './summary.ts'

/** Grows with every change of a summary's contents. */
const version = 3

export interface CatalogEntry extends RunSummary {
  /** `stampOf` the folder from which the summary was read. */
  readonly stamp: string
}

/** Nothing rejects: a browser that refuses to keep the catalog only makes the page slower. */
export interface RunCatalog {
  readonly read: () => Promise<ReadonlyMap<string, CatalogEntry>>
  readonly put: (id: string, run: CatalogEntry) => Promise<void>
  readonly remove: (ids: readonly string[]) => Promise<void>
}

const isEntry = (value: unknown): value is { version: number; run: CatalogEntry } =>
  typeof value === 'object' && value !== null && 'version' in value && value.version === version && 'run' in value

let opened: UseStore | null = null
const store = (): UseStore => {
  opened ??= createStore('selectivity-lab-run-catalog', 'runs')
  return opened
}

const attempt = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
  try {
    return await work()
  } catch {
    return otherwise
  }
}

/** The catalog in the page's IndexedDB. */
export const pageCatalog: RunCatalog = {
  read: () =>
    attempt(async () => {
      const all = await entries<string, unknown>(store())
      return new Map(all.flatMap(([id, value]) => (isEntry(value) ? [[id, value.run] as const] : [])))
    }, new Map()),
  put: (id, run) => attempt(() => set(id, { version, run }, store()), undefined),
  remove: (ids) => attempt(() => delMany([...ids], store()), undefined),
}

interface Sized {
  readonly bytes: number
  readonly stamp: string
}

const changedAt = (blob: Blob | null): string =>
  blob && 'lastModified' in blob && typeof blob.lastModified === 'number' ? `${blob.lastModified}` : ''

/** The bytes of a run's files, and a text that changes whenever one of them does. */
export async function sizeOf(files: RunFiles): Promise<Sized> {
  let bytes = 0
  const parts: string[] = []
  for (const folder of ['', ...innerFolders]) {
    for (const file of await files.list(folder)) {
      const path = folder === '' ? file.name : `${folder}/${file.name}`
      bytes += file.bytes
      // Checkpoints are written once; other files may change and keep their length.
      const time = folder === 'checkpoints' ? '' : changedAt(await files.read(path))
      parts.push(`${path} ${file.bytes} ${time}`)
    }
  }
  return { bytes, stamp: parts.sort().join('\n') }
}
