import { expect, it } from 'vitest'
import type { Geometry } from './geometry.ts'
import { tapShare } from './taps.ts'

const g: Geometry = {
  images: 8,
  height: 2,
  width: 2,
  inputs: 4,
  outHeight: 2,
  outWidth: 2,
  outputs: 4,
  kernel: [3, 3],
  stride: [1, 1],
  padding: [1, 1],
}

it.each([
  ['one pixel of 2 × 2, which sees four taps', 'forward', g, 8, 4 / 9],
  ['two pixels side by side', 'forward', g, 16, 6 / 9],
  ['all pixels', 'forward', g, 32, 1],
  ['a part of a pixel’s images', 'forward', g, 4, 4 / 9],
  ['the gradient by one pixel', 'input-gradient', g, 8, 4 / 9],
  ['a filter gradient', 'filter-gradient', g, 8, 1],
  [
    'one pixel, of which the middle tap is seen',
    'forward',
    { ...g, height: 1, width: 1, outHeight: 1, outWidth: 1 },
    8,
    1 / 9,
  ],
  [
    'a stride: tap 0 of the first pixel is padding',
    'forward',
    { ...g, outHeight: 1, outWidth: 1, stride: [2, 2] },
    8,
    4 / 9,
  ],
  [
    'all taps on padding',
    'forward',
    { ...g, images: 1, height: 7, width: 1, outHeight: 1, kernel: [3, 1], padding: [1, 2], stride: [3, 3] },
    8,
    1 / 3,
  ],
  ['a 1 × 1 filter', 'forward', { ...g, kernel: [1, 1], padding: [0, 0] }, 8, 1],
  ['images with many pixels', 'forward', { ...g, height: 9, width: 9, outHeight: 9, outWidth: 9 }, 8, 1],
] as const)('%s', (_, operation, geometry, rows, share) => {
  expect(tapShare(operation, geometry, rows)).toBeCloseTo(share, 12)
})
