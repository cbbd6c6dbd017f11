/** Keeps the values that were asked for last. */
export interface Cache<T> {
  /** The known value of a key, or a new one. A promise that rejects is not kept. */
  readonly get: (key: string, make: () => T) => T
}

/** A cache of at most `most` values, or of values with a sum of sizes of at most `most`. */
export function createCache<T>(most: number, sizeOf: (value: Awaited<T>) => number = () => 1): Cache<T> {
  const known = new Map<string, { readonly value: T; size: number }>()
  let total = 0
  const drop = (key: string) => {
    total -= known.get(key)?.size ?? 0
    known.delete(key)
  }
  const trim = () => {
    // A Map has its keys in the order of their addition: the first was not asked for the longest.
    for (const key of known.keys()) {
      if (total <= most || known.size === 1) return
      drop(key)
    }
  }
  const measure = (key: string, entry: { size: number }, value: Awaited<T>) => {
    if (known.get(key) !== entry) return
    entry.size = sizeOf(value)
    total += entry.size
    trim()
  }
  return {
    get: (key, make) => {
      const found = known.get(key)
      if (found) {
        known.delete(key)
        known.set(key, found)
        return found.value
      }
      const entry = { value: make(), size: 0 }
      known.set(key, entry)
      Promise.resolve(entry.value).then(
        (value) => measure(key, entry, value),
        () => known.get(key) === entry && drop(key),
      )
      return entry.value
    },
  }
}
