/** A cache of the browser, in memory: values are copied like those of IndexedDB. */
import type { BrowserCache } from '../worker/browser-cache.ts'

export function memoryCache<T>(copy: (value: T) => T = (value) => value): BrowserCache<T> {
  const values = new Map<string, T>()
  return {
    read: async (key) => values.get(key) ?? null,
    write: async (key, value) => void values.set(key, copy(value)),
    retain: async (isKept) => {
      for (const key of [...values.keys()].filter((one) => !isKept(one))) values.delete(key)
    },
  }
}
