/** The images of the worker's sets: decoded by several threads, kept in the browser's storage. */

import type { RunConfig } from '../config/config.ts'
import { sideOf } from '../config/side.ts'
import { listCaches } from '../data/cache/cache.ts'
import { keepWhileReading, type ReadingKeep } from '../data/cache/while-reading.ts'
import { type Prepared, prepareImages } from '../data/prepare.ts'
import type { Decode, ImageSet } from '../data/source.ts'
import { browserCaches } from './cache-folders.ts'
import { createDecodePool, decodeThreads } from './decode-pool.ts'

export const decode: Decode = createDecodePool(decodeThreads())

export const keepImages = (side: number): ReadingKeep => keepWhileReading(browserCaches, side)

/** A run's images. */
export const preparedImages = (
  set: ImageSet,
  { data }: RunConfig,
  onProgress: (done: number, total: number, kept: boolean) => void,
  signal: AbortSignal,
): Promise<Prepared> =>
  prepareImages(set, {
    side: sideOf(data),
    folders: browserCaches,
    onProgress,
    signal,
  })

export async function cachesMessage() {
  const [caches, free] = await Promise.all([
    listCaches(browserCaches).catch(() => []),
    browserCaches.free().catch(() => null),
  ])
  return { type: 'caches', caches, free } as const
}

export const deleteCache = (id: string): Promise<void> => browserCaches.remove(id)
