/** An estimate of the images, storage and time that a run needs. */
import type { RunConfig } from '../../config/config.ts'
import { sideOf } from '../../config/side.ts'
import type { DataReport } from '../../protocol/data-report.ts'
import type { CachesState } from '../../store/state.ts'

type Limits = Pick<RunConfig['data'], 'classes' | 'imagesPerClass' | 'validationImagesPerClass'>

/** The number of classes and images of a run within its limits. */
export function imagesOfRun({ classes }: DataReport, limits: Limits) {
  const chosen = classes.filter(({ id }) => limits.classes === null || limits.classes.includes(id))
  const sum = (counts: readonly number[], most: number | null) =>
    counts.reduce((total, n) => total + Math.min(n, most ?? n), 0)
  return {
    classes: chosen.length,
    train: sum(
      chosen.map(({ train }) => train),
      limits.imagesPerClass,
    ),
    validation: sum(
      chosen.map(({ validation }) => validation),
      limits.validationImagesPerClass,
    ),
  }
}

/**
 * Estimated bytes of `images` RGB images with a shorter side of at most `side` pixels: the sum over the histogram's bins of
 * 3 · min(middle, side)² · aspect, scaled to the number of images. Null without known sizes.
 */
export function cachedBytes(sizes: DataReport['sizes'], side: number, images: number): number | null {
  const seen = sizes.histogram.reduce((sum, bin) => sum + bin.images, 0)
  if (seen === 0) return null
  // The smallest and the largest side limit the outer bins.
  const [least, most] = [Math.min(sizes.minWidth, sizes.minHeight), Math.min(sizes.maxWidth, sizes.maxHeight)]
  const middle = ({ from, to }: { from: number; to: number }) => (Math.max(from, least) + Math.min(to, most)) / 2
  const bytes = sizes.histogram.reduce((sum, bin) => sum + 3 * Math.min(middle(bin), side) ** 2 * bin.aspect, 0)
  return (bytes * images) / seen
}

export interface Estimate {
  readonly classes: number
  readonly train: number
  readonly validation: number
  /** Shorter side of the stored images, in pixels. */
  readonly side: number
  /** Null when nothing needs decoding or no size is known. */
  readonly bytes: number | null
  /** Milliseconds to read and decode all images; null when unknown. */
  readonly time: number | null
  /** True when the cache has the images already. */
  readonly cached: boolean
  /** Whether the cache has room for the images; null when unknown. */
  readonly fits: boolean | null
}

export function estimateOf(
  report: DataReport,
  { data }: Pick<RunConfig, 'data'>,
  secondsPerImage: number | null,
  caches: CachesState | null,
): Estimate {
  const run = imagesOfRun(report, data)
  const images = run.train + run.validation
  const side = sideOf(data)
  const bytes = report.source === 'cifar10' ? null : cachedBytes(report.sizes, side, images)
  const isCached = (one: CachesState['caches'][number]) =>
    one.source === report.source && one.side === side && one.images >= images
  const cached = caches?.caches.some(isCached) ?? false
  const free = caches?.free ?? null
  return {
    ...run,
    side,
    bytes,
    time: secondsPerImage === null ? null : 1000 * secondsPerImage * images,
    cached,
    fits: cached ? true : free === null || bytes === null ? null : bytes <= free,
  }
}
