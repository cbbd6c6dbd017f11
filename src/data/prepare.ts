/** Before a run: its images are decoded where they are not kept yet, and those that cannot be are left out. */

import { hasRoom, type ImageCache, openCache } from './cache/cache.ts'
import type { CacheFolders } from './cache/files.ts'
import { eachConcurrently } from './concurrently.ts'
import { shorterSize } from './resize.ts'
import { requireAllClasses } from './select.ts'
import { type ImageFile, type ImageSet, reasonOf, type Split } from './source.ts'

export interface Preparing {
  /** Shorter side, in pixels, that the run needs. */
  readonly side: number
  /** Where images are kept; null to decode anew in each epoch what does not fit into memory. */
  readonly folders: CacheFolders | null
  /** `kept`: whether the images are kept. */
  readonly onProgress: (done: number, total: number, kept: boolean) => void
  readonly signal: AbortSignal
  /** Leaves the training images alone, for who only evaluates. */
  readonly heldOutOnly?: boolean
}

export interface Prepared {
  readonly set: ImageSet
  /** What a run's record is to say: images that are left out, and why none are kept. */
  readonly warnings: readonly string[]
  /** Leaves the kept images to others. */
  readonly close: () => void
}

/** Bytes of an image at the side; one of unknown size is taken for 4 : 3. */
function bytesOf({ size }: ImageFile, side: number): number {
  if (!size) return 3 * side * Math.ceil((4 * side) / 3)
  const { width, height } = Math.min(size.width, size.height) <= side ? size : shorterSize(size, side)
  return 3 * width * height
}

/** Bytes of the images that are not kept yet. */
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

interface Taken {
  /** Index → hash, or null where the image is left out. */
  readonly hashes: (string | null)[]
  readonly dropped: { path: string; reason: string }[]
}

async function takeSplit(
  file: (index: number) => ImageFile,
  count: number,
  keep: ImageCache | null,
  done: () => void,
  signal: AbortSignal,
): Promise<Taken> {
  const taken: Taken = { hashes: [], dropped: [] }
  await eachConcurrently(count, concurrency, async (i) => {
    signal.throwIfAborted()
    const { hash, path, take } = file(i)
    // Known to be readable, and kept or not to be kept.
    if (hash !== null && (!keep || keep.has(hash))) taken.hashes[i] = hash
    else {
      const check = await take(keep)
      signal.throwIfAborted()
      taken.hashes[i] = 'hash' in check ? check.hash : null
      if ('reason' in check) taken.dropped.push({ path, reason: check.reason })
    }
    done()
  })
  return taken
}

/** The split without the images that are left out, with the content hash of every file, and with the cached pixels. */
function preparedSplit(split: Split, { hashes }: Taken, cache: ImageCache | null): Split {
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

/** What a run's record says of images that are left out. */
function droppedWarnings(dropped: Taken['dropped']): string[] {
  if (dropped.length === 0) return []
  const some = dropped.slice(0, 3).map(({ path, reason }) => `${path} (${reason})`)
  const more = dropped.length > 3 ? ' and others' : ''
  return [`Left out, because they cannot be read: ${dropped.length} images, ${some.join(', ')}${more}.`]
}

const unkeptWarning = (why: string) =>
  `Decoded images are not kept (${why}): those that do not fit into memory are decoded again in each epoch.`

/** Where storage is closed nothing is kept. */
async function opened({ folders, side }: Preparing, source: string): Promise<ImageCache | string | null> {
  if (!folders) return null
  return openCache(folders, { source, side }).catch((error) => `storage is closed: ${reasonOf(error)}`)
}

/**
 * Decodes a run's images where they are not kept yet. Sets whose images are no files, such as CIFAR-10, need no preparing.
 * Rejects with DataError where a class has no readable image, or with AbortError.
 */
export async function prepareImages(set: ImageSet, options: Preparing): Promise<Prepared> {
  const { train, validation } = set
  const [trainFile, validationFile] = [train.file, validation.file]
  if (!trainFile || !validationFile) return { set, warnings: [], close: () => {} }
  const { folders, signal, side, onProgress, heldOutOnly = false } = options
  const used = heldOutOnly ? [validation] : [train, validation]
  const found = await opened(options, set.report.source)
  const cache = typeof found === 'string' ? null : found
  const missing = cache ? missingBytes(used, side, cache) : 0
  const room = cache !== null && folders !== null && (missing === 0 || (await hasRoom(folders, missing)))
  const keep = room ? cache : null
  const total = used.reduce((sum, { labels }) => sum + labels.length, 0)
  let count = 0
  const done = () => onProgress(++count, total, keep !== null)
  try {
    const nothing: Taken = { hashes: [], dropped: [] }
    const ofTrain = heldOutOnly ? nothing : await takeSplit(trainFile, train.labels.length, keep, done, signal)
    const ofValidation = await takeSplit(validationFile, validation.labels.length, keep, done, signal)
    await cache?.flush()
    await set.remember?.()
    const prepared: ImageSet = {
      ...set,
      train: heldOutOnly ? train : preparedSplit(train, ofTrain, cache),
      validation: preparedSplit(validation, ofValidation, cache),
    }
    requireAllClasses(prepared)
    const why = typeof found === 'string' ? found : cache && (room ? cache.failure() : roomText(missing))
    const warnings = [
      ...droppedWarnings([...ofTrain.dropped, ...ofValidation.dropped]),
      ...(why ? [unkeptWarning(why)] : []),
    ]
    return { set: prepared, warnings, close: () => cache?.close() }
  } catch (error) {
    // What was decoded so far is kept for the next time.
    await cache?.flush()
    cache?.close()
    throw error
  }
}

const roomText = (bytes: number) =>
  `there is no room for ${(bytes / 1e9).toFixed(1)} GB more; delete kept images or choose fewer classes`
