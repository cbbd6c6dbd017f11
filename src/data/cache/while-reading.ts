/** A set's images are kept while it is first read, so that they need not be decoded again for a run. */
import type { Keep } from '../source.ts'
import { hasRoom, type ImageCache, openCache } from './cache.ts'
import type { CacheFolders } from './files.ts'

export interface ReadingKeep {
  /** Null where not all of so many images have room, where storage is closed, or where none are to be kept. */
  readonly keep: (source: string, images: number) => Promise<Keep | null>
  /** Ends it; what was put is whole then. */
  readonly end: () => Promise<void>
}

/** Nobody has chosen from the images yet: more than so many bytes are not kept unasked. */
const mostUnasked = 2 ** 34

/** `side` undefined keeps nothing. */
export function keepWhileReading(folders: CacheFolders, side: number | undefined): ReadingKeep {
  let cache: ImageCache | null = null
  return {
    keep: async (source, images) => {
      if (side === undefined) return null
      const bytes = images * 3 * side * Math.ceil((4 * side) / 3)
      try {
        const room = bytes < mostUnasked && (await hasRoom(folders, bytes))
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
