/** Prepares a run's images: decodes those that are not cached yet, and leaves out those that cannot be decoded. */

import { hasRoom, type ImageCache, openCache } from '../cache/cache.ts'
import type { CacheFolders } from '../cache/files.ts'
import { eachConcurrently } from '../concurrently.ts'
import { shorterSize } from '../decode/resize.ts'
import { partOf } from '../set/select.ts'
import { DataError, type ImageFile, type ImageSet, reasonOf, type Split, type SplitOrder } from '../source.ts'
import { findingsBeside, findingsIn, usedImages } from './used.ts'

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

interface Dropped {
  readonly path: string
  readonly reason: string
}

/** A split whose images were read. */
interface CheckedSplit {
  readonly split: Split
  /** Of each class, the indices of the images that can be read. */
  readonly ofClass: readonly (readonly number[])[]
  /** SHA-256 of the images by index. */
  readonly hashes: ReadonlyMap<number, string>
  readonly dropped: readonly (Dropped & { readonly label: number })[]
}

/** The images that a split draws. Without a recorded order it has these alone, and none takes the place of another. */
function orderOf(split: Split, order: SplitOrder | undefined, classes: number): SplitOrder {
  if (order) return order
  const ofClass = Array.from({ length: classes }, (): number[] => [])
  for (const [index, label] of split.labels.entries()) ofClass[label].push(index)
  return { from: split, ofClass, perClass: null }
}

interface CheckOptions {
  readonly cache: ImageCache | null
  readonly onDone: () => void
  readonly signal: AbortSignal
}

/** The hash of an image, or the reason why it cannot be used. */
async function hashOf({ from }: SplitOrder, index: number, cache: ImageCache | null): Promise<string | Dropped> {
  const file = from.file?.(index)
  if (!file) return { path: `#${index}`, reason: 'it is no file' }
  if (file.hash !== null && (!cache || cache.has(file.hash))) return file.hash
  const result = await file.check(cache)
  return 'hash' in result ? result.hash : { path: file.path, reason: result.reason }
}

interface Candidate {
  readonly index: number
  readonly label: number
}

/** Gives the next images of each class, as many as it lacks; none once all have enough, or no more. */
function candidatesOf({ ofClass, perClass }: SplitOrder, isRead: (index: number) => boolean): () => Candidate[] {
  const tried = ofClass.map(() => 0)
  return () =>
    ofClass.flatMap((all, label) => {
      const lacking = (perClass ?? all.length) - all.slice(0, tried[label]).filter(isRead).length
      const some = all.slice(tried[label], tried[label] + lacking)
      tried[label] += some.length
      return some.map((index) => ({ index, label }))
    })
}

/** Reads the images of a split in their order until each class has as many as it should have, or no more. */
async function checkSplit(order: SplitOrder, { cache, onDone, signal }: CheckOptions): Promise<CheckedSplit> {
  const hashes = new Map<number, string>()
  const dropped: (Dropped & Candidate)[] = []
  const next = candidatesOf(order, (index) => hashes.has(index))
  for (let some = next(); some.length > 0; some = next()) {
    await eachConcurrently(some.length, concurrency, async (i) => {
      signal.throwIfAborted()
      const found = await hashOf(order, some[i].index, cache)
      signal.throwIfAborted()
      if (typeof found === 'string') hashes.set(some[i].index, found)
      else dropped.push({ ...found, ...some[i] })
      onDone()
    })
  }
  const ofClass = order.ofClass.map((all) => all.filter((index) => hashes.has(index)))
  return { split: order.from, ofClass, hashes, dropped: dropped.sort((a, b) => a.index - b.index) }
}

/** The images that can be read. Every file has its content hash; cached images come from the cache. */
function preparedSplit(checked: CheckedSplit, keep: readonly number[], cache: ImageCache | null): Split {
  const { split, hashes } = checked
  const ofClass = keep.map((label) => checked.ofClass[label])
  const part = partOf({ from: split }, ofClass)
  const indices = Int32Array.from(ofClass.flat()).sort()
  const hashAt = (i: number) => hashes.get(indices[i]) ?? null
  const { file } = part
  return {
    ...part,
    ...(file ? { file: (i) => ({ ...file(i), hash: hashAt(i) }) } : {}),
    ...(cache ? { stored: (i) => cache.image(hashAt(i) ?? '') } : {}),
  }
}

function droppedWarnings(dropped: readonly Dropped[], isReplaced: boolean): string[] {
  if (dropped.length === 0) return []
  const some = dropped.slice(0, 3).map(({ path, reason }) => `${path} (${reason})`)
  const more = dropped.length > 3 ? ' and others' : ''
  const count = dropped.length === 1 ? '1 image' : `${dropped.length} images`
  const place = isReplaced ? ' The next images of their classes take their places.' : ''
  return [`Left out, because they cannot be read: ${count}, ${some.join(', ')}${more}.${place}`]
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

/** The reason of one of the images of a class, none of which can be read. */
function whyNone({ dropped }: CheckedSplit, label: number): string {
  const one = dropped.find((image) => image.label === label)
  return one ? ` (${one.path}: ${one.reason})` : ''
}

/** Places of the classes that have readable images in all splits that were read; throws DataError where they must be all. */
function keptClasses({ classes, order }: ImageSet, splits: Readonly<Record<string, CheckedSplit>>, notes: string[]) {
  const missing = Object.entries(splits).flatMap(([name, split]) =>
    split.ofClass.flatMap((images, label) =>
      images.length === 0 ? [{ id: classes[label].id, label, name, why: whyNone(split, label) }] : [],
    ),
  )
  const [first] = missing
  const kept = classes.map((_, label) => label).filter((label) => missing.every((one) => one.label !== label))
  if (first && (!order || order.areClassesNamed || kept.length < 2))
    throw new DataError(
      `class ${first.id} has no readable ${first.name} image${first.why}; leave it out with data.classes`,
    )
  for (const { id, name } of missing.slice(0, 10))
    notes.push(`Class ${id} is left out, because it has no readable ${name} image.`)
  if (missing.length > 10) notes.push(`So are ${missing.length - 10} other classes.`)
  return kept
}

/** What was learned about the images of a run. */
interface ReadImages {
  readonly prepared: ImageSet
  readonly warnings: readonly string[]
}

/** The dataset of the images that can be read, with the warnings about them. */
async function readImages(
  set: ImageSet,
  train: CheckedSplit | null,
  validation: CheckedSplit,
  cache: ImageCache | null,
): Promise<ReadImages> {
  const { order } = set
  const lost: string[] = []
  const keep = keptClasses(set, { ...(train ? { training: train } : {}), validation }, lost)
  const prepared: ImageSet = {
    ...set,
    classes: keep.map((label) => set.classes[label]),
    train: train ? preparedSplit(train, keep, cache) : set.train,
    validation: preparedSplit(validation, keep, cache),
  }
  const dropped = [...(train?.dropped ?? []), ...validation.dropped]
  const isReplaced = !!order && (order.train.perClass !== null || order.validation.perClass !== null)
  const warnings = [...droppedWarnings(dropped, isReplaced), ...lost]
  if (!order) return { prepared, warnings }
  const used = await usedImages(prepared, train !== null)
  return {
    prepared: { ...prepared, used },
    warnings: [...warnings, ...(train ? [...findingsIn(prepared), ...findingsBeside(prepared, set.report)] : [])],
  }
}

/**
 * The images of the run drawn again, where a class has none that can be read in a split by the seed, and another draw may
 * give it one; else null.
 */
async function drawnAgain(
  set: ImageSet,
  train: CheckedSplit | null,
  validation: CheckedSplit,
): Promise<ImageSet | null> {
  const lacking = (split: CheckedSplit | null) =>
    (split?.ofClass ?? []).flatMap((images, label) => (images.length === 0 ? [label] : []))
  const [inTrain, inValidation] = [lacking(train), lacking(validation)]
  if (!set.redraw || !set.report.splitBySeed || inTrain.length + inValidation.length === 0) return null
  const again = await set.redraw()
  // A file that has changed since its check is not among those that are known to be unreadable.
  const failed = new Set([train, validation].flatMap((split) => split?.dropped ?? []).map(({ path }) => path))
  const mayRead = (file: ImageFile | undefined) => !!file && !file.isUnreadable && !failed.has(file.path)
  const isHopeful = (order: SplitOrder | undefined, labels: readonly number[]) =>
    labels.some((label) => order?.ofClass[label]?.some((index) => mayRead(order.from.file?.(index))))
  return isHopeful(again.order?.train, inTrain) || isHopeful(again.order?.validation, inValidation) ? again : null
}

/**
 * Looks for a readable training image of each class, for an evaluation alone: a class without one has other validation images,
 * where the seed makes the split. Null where it does not.
 */
async function checkTraining({ report, redraw, order }: ImageSet, signal: AbortSignal): Promise<CheckedSplit | null> {
  if (!report.splitBySeed || !redraw || !order) return null
  return checkSplit({ ...order.train, perClass: 1 }, { cache: null, onDone: () => {}, signal })
}

/**
 * Reads and decodes a run's images that are not cached yet. Where one cannot be read, the next one of its class takes its
 * place. Datasets whose images are not files, such as CIFAR-10, need no preparing. Rejects with DataError if a class has no
 * readable image, or with AbortError.
 */
export async function prepareImages(set: ImageSet, options: Preparing): Promise<Prepared> {
  const { train, validation, order } = set
  if (!train.file || !validation.file) return owned(set, [], null)
  const { onProgress, heldOutOnly = false } = options
  const signal = set.lost ? AbortSignal.any([options.signal, set.lost]) : options.signal
  const used = heldOutOnly ? [validation] : [train, validation]
  const { cache, writer, why } = await openRunCache(set.report.source, used, options)
  let total = used.reduce((sum, { labels }) => sum + labels.length, 0)
  let count = 0
  const onDone = () => {
    count++
    total = Math.max(total, count)
    onProgress(count, total, writer !== null)
  }
  const check = { cache: writer, onDone, signal }
  const orders = (split: Split, own: SplitOrder | undefined) => orderOf(split, own, set.classes.length)
  try {
    const inTrain = heldOutOnly ? null : await checkSplit(orders(train, order?.train), check)
    const heldOut = await checkSplit(orders(validation, order?.validation), check)
    const tried = inTrain ?? (await checkTraining(set, signal))
    await cache?.flush()
    await set.remember?.()
    const again = await drawnAgain(set, tried, heldOut)
    if (again) {
      cache?.close()
      return await prepareImages(again, options)
    }
    const { prepared, warnings } = await readImages(set, inTrain, heldOut, cache)
    const uncached = why ?? writer?.failure()
    return owned(prepared, [...warnings, ...(uncached ? [uncachedWarning(uncached)] : [])], cache)
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
