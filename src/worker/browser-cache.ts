/** Caches in IndexedDB that survive a visit. */
import { createStore, delMany, get, keys, set } from 'idb-keyval'

export interface BrowserCache<T> {
  /** The cached value; null when there is none or the browser's storage is closed. */
  readonly read: (key: string) => Promise<T | null>
  /** Does nothing when the browser's storage is closed or full: a cached value can be computed again. */
  readonly write: (key: string, value: T) => Promise<void>
  /** Deletes the values of all other keys, if the browser's storage is open. */
  readonly retain: (isKept: (key: string) => boolean) => Promise<void>
}

export function createBrowserCache<T>(database: string, name: string): BrowserCache<T> {
  const store = () => createStore(database, name)
  return {
    read: async (key) => {
      try {
        return (await get<T>(key, store())) ?? null
      } catch {
        return null
      }
    },
    write: async (key, value) => {
      try {
        await set(key, value, store())
      } catch {}
    },
    retain: async (isKept) => {
      try {
        const others = (await keys<string>(store())).filter((key) => !isKept(key))
        await delMany(others, store())
      } catch {}
    },
  }
}
