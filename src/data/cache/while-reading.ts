/** Caches a dataset's images while they are read for the first time, so that a run need not decode them again. */
import type { CacheWriter } from '../source.ts'
import { hasRoom, type ImageCache, openCache } from './cache.ts'
import type { CacheFolders } from './files.ts'

export interface ReadingCache {
  /** Opens the cache; resolves with null if it is off, if storage is closed, or if there is not enough space. */
  readonly open: (source: string, images: number) => Promise<CacheWriter | null>
  /** Seals the images written so far and closes the cache. */
  readonly end: () => Promise<void>
}

/** Cache limit before the user has selected classes, in bytes. */
const mostUnselected = 2 ** 34

/** `side`: the shorter side of cached images, in pixels; undefined switches the cache off. */
export function cacheWhileReading(folders: CacheFolders, side: number | undefined): ReadingCache {
  let cache: ImageCache | null = null
  return {
    open: async (source, images) => {
      if (side === undefined) return null
      const bytes = images * 3 * side * Math.ceil((4 * side) / 3)
      try {
        const room = bytes < mostUnselected && (await hasRoom(folders, bytes))
        cache = room ? await openCache(folders, { source, side }) : null
      } catch {
        cache = null
      }
      return cache
    },
    end: async () => {
      await cache?.flush()
      cache?.close()
    },
  }
}
