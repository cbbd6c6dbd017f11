/** Where earlier versions of the page stored runs: in IndexedDB. */
import { createStore, del, entries, type UseStore } from 'idb-keyval'

export interface EarlierRuns {
  readonly entries: () => Promise<readonly (readonly [key: IDBValidKey, value: unknown])[]>
  readonly remove: (key: IDBValidKey) => Promise<void>
  /** Does the work while no other tab does it. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
}

let opened: UseStore | null = null
const store = (): UseStore => {
  opened ??= createStore('selectivity-lab-runs', 'runs')
  return opened
}

/** The runs of earlier versions in the page's IndexedDB. */
export const pageEarlierRuns: EarlierRuns = {
  entries: () => entries(store()),
  remove: (key) => del(key, store()),
  alone: (work) => navigator.locks.request('selectivity-lab/earlier-runs', work),
}
