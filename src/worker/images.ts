/** The images of the worker's datasets: decoded on several threads, cached in the browser's storage. */

import type { RunConfig } from '../config/config.ts'
import { sideOf } from '../config/side.ts'
import { listCaches } from '../data/cache/list.ts'
import { cacheWhileReading, type ReadingCache } from '../data/cache/while-reading.ts'
import { type Prepared, prepareImages } from '../data/feed/prepare.ts'
import type { Decode, ImageSet } from '../data/source.ts'
import { browserCaches } from './cache-folders.ts'
import { createDecodePool, decodeThreads } from './decode-pool.ts'

export const decode: Decode = createDecodePool(decodeThreads())

/** Caches images with this shorter side, in pixels, while a dataset is read. */
export const cacheImages = (side: number): ReadingCache => cacheWhileReading(browserCaches, side)

interface PreparingImages {
  /** `cached`: whether the images are written to a cache. */
  readonly onProgress: (done: number, total: number, cached: boolean) => void
  readonly signal: AbortSignal
  /** Skips the training images. */
  readonly heldOutOnly?: boolean
}

/** Prepares a run's images. Rejects with DataError, or AbortError. */
export const preparedImages = (set: ImageSet, { data }: RunConfig, options: PreparingImages): Promise<Prepared> =>
  prepareImages(set, { ...options, side: sideOf(data), folders: browserCaches })

/** The caches and the free storage, for the page. */
export async function cachesMessage() {
  const [caches, free] = await Promise.all([
    listCaches(browserCaches).catch(() => []),
    browserCaches.free().catch(() => null),
  ])
  return { type: 'caches', caches, free } as const
}

/** Rejects if the cache is in use. */
export const deleteCache = (id: string): Promise<void> => browserCaches.remove(id)
