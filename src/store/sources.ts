/** Stores the handles of folders and archives between visits, in IndexedDB. Nothing is remembered where IndexedDB is closed. */
import { createStore, delMany, get, keys, set } from 'idb-keyval'
import { type LayoutName, layouts } from '../config/layout.ts'

export interface RecentSource {
  readonly id: string
  readonly name: string
  readonly kind: 'folder' | 'archive' | 'several'
  /** When it was last read, in milliseconds. */
  readonly time: number
  readonly handles: readonly FileSystemHandle[]
  /** How its folders were read; absent in lists of earlier versions. */
  readonly layout?: LayoutName
}

export interface SourceStore {
  readonly read: () => Promise<readonly RecentSource[]>
  readonly write: (sources: readonly RecentSource[]) => Promise<void>
  /** The handles of the images that a run trains on; null where they are not known. */
  readonly readOf: (runId: string) => Promise<readonly FileSystemHandle[] | null>
  readonly writeOf: (runId: string, handles: readonly FileSystemHandle[]) => Promise<void>
}

/** Runs whose images are remembered: the newest ones. */
const mostRuns = 200

const runPrefix = 'run/'

/** Sources that the list holds. */
const most = 8

const key = 'recent'
const store = () => createStore('selectivity-lab-sources', 'sources')

const isSource = (value: unknown): value is RecentSource =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  'name' in value &&
  'kind' in value &&
  'time' in value &&
  'handles' in value &&
  Array.isArray(value.handles) &&
  (!('layout' in value) || layouts.some((layout) => layout === value.layout))

export const pageSources: SourceStore = {
  read: async () => {
    try {
      const known: unknown = await get(key, store())
      return Array.isArray(known) ? known.filter(isSource) : []
    } catch {
      return []
    }
  },
  write: async (sources) => {
    try {
      await set(key, sources, store())
    } catch {
      // In a private window or with a full disk the list is not saved; the user can choose the source again.
    }
  },
  readOf: async (runId) => {
    try {
      const handles: unknown = await get(`${runPrefix}${runId}`, store())
      return Array.isArray(handles) ? handles : null
    } catch {
      return null
    }
  },
  writeOf: async (runId, handles) => {
    try {
      await set(`${runPrefix}${runId}`, handles, store())
      // The ids of runs begin with their dates.
      const runs = (await keys<string>(store())).filter((name) => name.startsWith(runPrefix)).sort()
      await delMany(runs.slice(0, -mostRuns), store())
    } catch {
      // As above.
    }
  },
}

export const kindOf = (handles: readonly FileSystemHandle[]): RecentSource['kind'] => {
  if (handles.length > 1) return 'several'
  return handles[0]?.kind === 'directory' ? 'folder' : 'archive'
}

async function isSame(a: readonly FileSystemHandle[], b: readonly FileSystemHandle[]): Promise<boolean> {
  if (a.length !== b.length) return false
  return (await Promise.all(a.map((handle, i) => handle.isSameEntry(b[i])))).every(Boolean)
}

/** The list with a source in front, without duplicates and at most `most` long. */
export async function withSource(known: readonly RecentSource[], source: RecentSource): Promise<RecentSource[]> {
  const same = await Promise.all(known.map(({ handles }) => isSame(handles, source.handles).catch(() => false)))
  return [source, ...known.filter((_, i) => !same[i])].slice(0, most)
}
