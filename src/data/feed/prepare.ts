/** Prepares a run's images: decodes those that are not cached yet, and leaves out those that cannot be decoded. */

import { hasRoom, type ImageCache, openCache } from '../cache/cache.ts'
import type { CacheFolders } from '../cache/files.ts'
import { eachConcurrently } from '../concurrently.ts'
import { shorterSize } from '../decode/resize.ts'
import { requireAllClasses } from '../set/select.ts'
import { type ImageFile, type ImageSet, reasonOf, type Split } from '../source.ts'

export interface Preparing {
  /** Shorter side of the images that the run needs, in pixels. */
  readonly side: number
  /** Where images are cached; null to decode images that do not fit into memory again in each epoch. */
  readonly folders: CacheFolders | null
  /** `cached`: whether the images are written to a cache. */
  readonly onProgress: (done: number, total: number, cached: boolean) => void
  readonly signal: AbortSignal
  /** Skips the training images, for evaluations. */
  readonly heldOutOnly?: boolean
}

/** Images that a run or a measurement reads; disposing of them closes their cache, and the dataset if they own it. */
export interface Prepared extends Disposable, AsyncDisposable {
  readonly set: ImageSet
  /** Warnings for the run's record: images that were left out, and the reason if none are cached. */
  readonly warnings: readonly string[]
  /** Closes the cache at once. An owned dataset closes in the background; asynchronous disposal waits for it. */
  readonly close: () => void
}

/** Size of a decoded image in bytes; assumes 4 : 3 if its dimensions are unknown. */
function bytesOf({ size }: ImageFile, side: number): number {
  if (!size) return 3 * side * Math.ceil((4 * side) / 3)
  const { width, height } = Math.min(size.width, size.height) <= side ? size : shorterSize(size, side)
  return 3 * width * height
}

/** Bytes of the images that are not cached yet. */
function missingBytes(splits: readonly Split[], side: number, cache: ImageCache): number {
  let bytes = 0
  for (const { labels, file } of splits) {
    for (let i = 0; file && i < labels.length; i++) {
      const image = file(i)
      if (image.hash === null || !cache.has(image.hash)) bytes += bytesOf(image, side)
    }
  }
  return bytes
}

/** Files in flight at once. */
const concurrency = 16

interface CheckedSplit {
  /** Index → hash, or null if the image is left out. */
  readonly hashes: (string | null)[]
  readonly dropped: { path: string; reason: string }[]
}

async function checkSplit(
  { labels, file }: Split,
  cache: ImageCache | null,
  onDone: () => void,
  signal: AbortSignal,
): Promise<CheckedSplit> {
  const checked: CheckedSplit = { hashes: [], dropped: [] }
  if (!file) return checked
  await eachConcurrently(labels.length, concurrency, async (i) => {
    signal.throwIfAborted()
    const { hash, path, check } = file(i)
    if (hash !== null && (!cache || cache.has(hash))) checked.hashes[i] = hash
    else {
      const result = await check(cache)
      signal.throwIfAborted()
      checked.hashes[i] = 'hash' in result ? result.hash : null
      if ('reason' in result) checked.dropped.push({ path, reason: result.reason })
    }
    onDone()
  })
  return checked
}

/** The split without the images that are left out. Every file has its content hash; cached images come from the cache. */
function preparedSplit(split: Split, { hashes }: CheckedSplit, cache: ImageCache | null): Split {
  const indices = Int32Array.from(hashes.keys()).filter((i) => hashes[i] !== null)
  const { file } = split
  return {
    ...split,
    labels: indices.map((i) => split.labels[i]),
    read: (i, signal, side) => split.read(indices[i], signal, side),
    ...(file ? { file: (i) => ({ ...file(indices[i]), hash: hashes[indices[i]] }) } : {}),
    ...(cache ? { stored: (i) => cache.image(hashes[indices[i]] as string) } : {}),
  }
}

function droppedWarnings(dropped: CheckedSplit['dropped']): string[] {
  if (dropped.length === 0) return []
  const some = dropped.slice(0, 3).map(({ path, reason }) => `${path} (${reason})`)
  const more = dropped.length > 3 ? ' and others' : ''
  const count = dropped.length === 1 ? '1 image' : `${dropped.length} images`
  return [`Left out, because they cannot be read: ${count}, ${some.join(', ')}${more}.`]
}

const uncachedWarning = (why: string) =>
  `Decoded images are not cached (${why}): images that do not fit into memory are decoded again in each epoch.`

const roomText = (bytes: number) =>
  `${(bytes / 1e9).toFixed(1)} GB more do not fit on the disk; delete cached images or select fewer classes`

/** A run's cache, if there is one: `writer` is null if there is no space for the missing images. */
interface RunCache {
  readonly cache: ImageCache | null
  readonly writer: ImageCache | null
  /** Why images are not cached, if they should be. */
  readonly why: string | null
}

async function openRunCache(source: string, used: readonly Split[], { folders, side }: Preparing): Promise<RunCache> {
  if (!folders) return { cache: null, writer: null, why: null }
  let cache: ImageCache | null = null
  try {
    cache = await openCache(folders, { source, side })
    const missing = missingBytes(used, side, cache)
    const room = missing === 0 || (await hasRoom(folders, missing))
    return { cache, writer: room ? cache : null, why: room ? null : roomText(missing) }
  } catch (error) {
    cache?.close()
    return { cache: null, writer: null, why: `storage is closed: ${reasonOf(error)}` }
  }
}

/**
 * Decodes a run's images that are not cached yet. Datasets whose images are not files, such as CIFAR-10, need no
 * preparing. Rejects with DataError if a class has no readable image, or with AbortError.
 */
export async function prepareImages(set: ImageSet, options: Preparing): Promise<Prepared> {
  const { train, validation } = set
  if (!train.file || !validation.file) return owned(set, [], null)
  const { signal, onProgress, heldOutOnly = false } = options
  const used = heldOutOnly ? [validation] : [train, validation]
  const { cache, writer, why } = await openRunCache(set.report.source, used, options)
  const total = used.reduce((sum, { labels }) => sum + labels.length, 0)
  let count = 0
  const onDone = () => onProgress(++count, total, writer !== null)
  try {
    const inTrain = heldOutOnly ? null : await checkSplit(train, writer, onDone, signal)
    const heldOut = await checkSplit(validation, writer, onDone, signal)
    await cache?.flush()
    await set.remember?.()
    const prepared: ImageSet = {
      ...set,
      train: inTrain ? preparedSplit(train, inTrain, cache) : train,
      validation: preparedSplit(validation, heldOut, cache),
    }
    requireAllClasses(prepared)
    const uncached = why ?? writer?.failure()
    const dropped = [...(inTrain?.dropped ?? []), ...heldOut.dropped]
    return owned(prepared, [...droppedWarnings(dropped), ...(uncached ? [uncachedWarning(uncached)] : [])], cache)
  } catch (error) {
    // The images decoded so far stay cached for the next attempt.
    await cache?.flush()
    cache?.close()
    throw error
  }
}

function owned(set: ImageSet, warnings: readonly string[], cache: ImageCache | null): Prepared {
  const close = () => cache?.close()
  return { set, warnings, close, [Symbol.dispose]: close, [Symbol.asyncDispose]: async () => close() }
}

/** The same images as the owner of their dataset, which is closed after them. */
export function owning(prepared: Prepared, dataset: AsyncDisposable): Prepared {
  const closeAll = async () => {
    prepared.close()
    await dataset[Symbol.asyncDispose]()
  }
  const close = () => void closeAll()
  return { ...prepared, close, [Symbol.dispose]: close, [Symbol.asyncDispose]: closeAll }
}
