/** Checks all images of a dataset, except those that are known from before. */
import { eachConcurrently } from '../concurrently.ts'
import type { CacheWriter, Check, Decode, OnProgress } from '../source.ts'
import type { Readable } from './audit.ts'
import { checkImage } from './check-image.ts'
import type { KnownChecks } from './checks.ts'
import type { LabeledEntry } from './labeled.ts'
import type { SplitName } from './split.ts'

export interface CheckOptions {
  /** The dataset's name in reports and errors. */
  readonly name: string
  readonly decode: Decode
  /** Opens a cache for the pixels of the images; resolves with null if they are not cached. */
  readonly cache?: (source: string, images: number) => Promise<CacheWriter | null>
  /**
   * Once aborted, the remaining images are listed without being checked. Aborted from the beginning, it still allows to
   * look for the checks of unchanged files, which reads samples of them.
   */
  readonly skip?: AbortSignal
}

/** `split` is null if the source does not define splits. */
export type ListedImage = LabeledEntry & { readonly split: SplitName | null }

/** `check` is null if the image was not read. */
type CheckedImage = ListedImage & { readonly check: Readable | null }

export interface Checked {
  readonly images: readonly CheckedImage[]
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[]
}

/** Files in flight at once: enough to occupy the decoders, few enough to bound memory. */
const concurrency = 16

/** Stores the results in `known`. Throws AbortError. */
export async function checkAll(
  listed: readonly ListedImage[],
  { name, decode, cache: openCache, skip }: CheckOptions,
  known: KnownChecks,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Checked> {
  const found: (Check | null)[] = []
  const cache = (await openCache?.(name, listed.length)) ?? null
  const isNeeded = (check: Check | undefined) => !check || ('hash' in check && cache && !cache.has(check.hash))
  const skipsAll = skip?.aborted ?? false
  let done = 0
  await eachConcurrently(listed.length, concurrency, async (i) => {
    signal.throwIfAborted()
    const { entry } = listed[i]
    const before = skip?.aborted && !skipsAll ? undefined : await known.find(entry)
    if (isNeeded(before) && !skip?.aborted) {
      const check = await checkImage(entry, decode, cache, known)
      // A canceled read fails because of the cancelation, not because of the file.
      signal.throwIfAborted()
      found[i] = check
    } else found[i] = before ?? null
    onProgress(++done, listed.length)
  })
  signal.throwIfAborted()
  await known.save()
  return separated(listed, found)
}

function separated(listed: readonly ListedImage[], checks: readonly (Check | null)[]): Checked {
  const images: CheckedImage[] = []
  const unreadable: { path: string; reason: string }[] = []
  for (const [i, image] of listed.entries()) {
    const check = checks[i]
    if (check && 'reason' in check) unreadable.push({ path: image.entry.path, reason: check.reason })
    else images.push({ ...image, check })
  }
  return { images, unreadable }
}
