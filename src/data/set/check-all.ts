/** Checks the images of a dataset: all of them, or one at a time. The results are kept for all who use the dataset. */
import { eachConcurrently } from '../concurrently.ts'
import type { CacheWriter, Check, Decode, OnProgress } from '../source.ts'
import { checkImage } from './check-image.ts'
import type { KnownChecks } from './checks.ts'
import type { LabeledEntry } from './labeled.ts'
import type { SplitName } from './split.ts'

/** `split` is null if the source does not define splits. */
export type ListedImage = LabeledEntry & {
  readonly split: SplitName | null
  /** Its place in the list. */
  readonly at: number
}

/** The listed images, and what is known about each of them by now. */
export interface Checks {
  readonly listed: readonly ListedImage[]
  /** By the place of the image in the list; null where it was not read. */
  readonly results: (Check | null)[]
  readonly decode: Decode
  readonly known: KnownChecks
}

/** Files in flight at once: enough to occupy the decoders, few enough to bound memory. */
const concurrency = 16

/** Whether a result from an earlier visit suffices: the pixels of an image may still be missing in the cache. */
const suffices = (check: Check | undefined, cache: CacheWriter | null): check is Check =>
  !!check && ('reason' in check || !cache || cache.has(check.hash))

const changed = { reason: 'the file has changed since it was listed', passing: true } as const

/**
 * Reads and decodes an image, unless it is known from before. An image that was read keeps its contents as long as the dataset
 * is open: other ones are a failure. A failure that may pass is tried again. Never rejects.
 */
export async function checkOne(
  { listed, results, decode, known }: Checks,
  at: number,
  cache: CacheWriter | null,
): Promise<Check> {
  const before = results[at]
  if (before && 'reason' in before && !before.passing) return before
  const { entry } = listed[at]
  const found = before ? undefined : await known.find(entry)
  const check = suffices(found, cache) ? found : await checkImage(entry, decode, cache, known)
  const now = results[at]
  if (now && 'hash' in now) return 'hash' in check && check.hash !== now.hash ? changed : check
  results[at] = check
  return check
}

/** Looks for the checks of unchanged files, which reads samples of them. Throws AbortError. */
export async function findKnown({ listed, results, known }: Checks, signal: AbortSignal): Promise<void> {
  await eachConcurrently(listed.length, concurrency, async (i) => {
    signal.throwIfAborted()
    results[i] ??= (await known.find(listed[i].entry)) ?? null
  })
}

export interface CheckAllOptions {
  readonly cache: CacheWriter | null
  readonly onProgress: OnProgress
  readonly signal: AbortSignal
  /** Waits before an image is read, so that others come first. The images are then read one at a time. */
  readonly turn?: (signal: AbortSignal) => Promise<void>
}

/** Checks the images that were not read yet, and stores the results also when it is aborted. Throws AbortError. */
export async function checkAll(checks: Checks, { cache, onProgress, signal, turn }: CheckAllOptions): Promise<void> {
  const { listed, results, known } = checks
  const left = listed.filter(({ at }) => results[at] === null).map(({ at }) => at)
  let done = listed.length - left.length
  try {
    await eachConcurrently(left.length, turn ? 1 : concurrency, async (i) => {
      await turn?.(signal)
      // Images on their way are waited for, so that no one reads them a second time.
      if (signal.aborted) return
      await keptUnlessAborted(checks, left[i], cache, signal)
      onProgress(++done, listed.length)
    })
  } finally {
    await known.save()
  }
  signal.throwIfAborted()
}

/** A canceled read fails because of the cancelation, not because of the file. */
async function keptUnlessAborted(checks: Checks, at: number, cache: CacheWriter | null, signal: AbortSignal) {
  const before = checks.results[at]
  const check = await checkOne(checks, at, cache)
  if (signal.aborted && 'reason' in check) checks.results[at] = before
}
