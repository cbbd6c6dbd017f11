import { describe, expect, test } from 'vitest'
import { defaultConfig } from '../../config/config.ts'
import { report as cifar10 } from '../../testing/events.ts'
import { cachedBytes, estimateOf, imagesOfRun } from './estimate.ts'

const report = { ...cifar10, source: 'mine' }
const all = { classes: null, imagesPerClass: null, validationImagesPerClass: null }
const { data } = defaultConfig()
const config = { data: { ...data, ...all, augmentation: 'none' as const, inputSize: 32 } }

test('a run uses the images of the selected classes, up to the limit per class', () => {
  expect(imagesOfRun(report, all)).toEqual({ classes: 3, train: 30, validation: 6 })
  const some = { classes: ['cat', 'fox'], imagesPerClass: 4, validationImagesPerClass: 100 }
  expect(imagesOfRun(report, some)).toEqual({ classes: 2, train: 8, validation: 4 })
})

describe('bytes of cached images', () => {
  test('are exact for images of one size, also if they are smaller than the side', () => {
    expect(cachedBytes(report.sizes, 32, 36)).toBe(36 * 3072)
    expect(cachedBytes(report.sizes, 256, 18)).toBe(18 * 3072)
    expect(cachedBytes(report.sizes, 16, 1)).toBe(3 * 16 * 16)
  })

  test('take the longer side into account, and only large images are resized', () => {
    const sizes = {
      minWidth: 100,
      maxWidth: 800,
      minHeight: 100,
      maxHeight: 400,
      histogram: [
        { from: 100, to: 102, images: 1, aspect: 1.5 },
        { from: 320, to: 400, images: 2, aspect: 4 },
      ],
    }
    expect(cachedBytes(sizes, 256, 3)).toBeCloseTo(3 * (101 ** 2 * 1.5 + 256 ** 2 * 4))
  })

  test('are unknown before an image has been read', () => {
    expect(cachedBytes({ minWidth: 0, maxWidth: 0, minHeight: 0, maxHeight: 0, histogram: [] }, 32, 9)).toBeNull()
  })
})

describe('an estimate', () => {
  const caches = (free: number | null) => ({ caches: [], free })
  const cache = { id: 'c', source: 'mine', side: 32, images: 36, outdated: 0, bytes: 1 }

  test('has the time, and whether the cache has room', () => {
    expect(estimateOf(report, config, 0.5, caches(36 * 3072))).toMatchObject({ time: 18_000, fits: true, side: 32 })
    expect(estimateOf(report, config, null, caches(1000))).toMatchObject({ time: null, fits: false })
    expect(estimateOf(report, config, null, caches(null)).fits).toBeNull()
    expect(estimateOf(report, config, null, null).fits).toBeNull()
  })

  test('needs no room for images that are already cached', () => {
    expect(estimateOf(report, config, null, { caches: [cache], free: 0 })).toMatchObject({ cached: true, fits: true })
    expect(estimateOf(report, config, null, { caches: [{ ...cache, side: 64 }], free: 0 }).cached).toBe(false)
  })

  test('of CIFAR-10 has nothing to decode', () => {
    expect(estimateOf(cifar10, config, null, caches(0))).toMatchObject({ bytes: null, fits: null })
  })
})
