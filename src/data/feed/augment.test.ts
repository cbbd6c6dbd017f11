import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stream } from '../../random.ts'
import { sha256 } from '../../sha256.ts'
import { seenOf } from '../../testing/view.ts'
import { cropBox, resizeBox, resizeShorter, wholeBox } from '../decode/resize.ts'
import type { Pixels } from '../source.ts'
import { evaluationTransform, randomBox, type Transform, trainTransform } from './augment.ts'

const grey = (width: number, height: number, value: (x: number, y: number) => number): Pixels => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    value(Math.floor(i / 3) % width, Math.floor(i / 3 / width)),
  ),
})

/** The image that the network sees. */
const apply = (transform: Transform, image: Pixels, seed = 1) =>
  seenOf(image, transform.view(image, stream(seed)), transform.inputSize)
/** The red channel as rows. */
const rows = (data: Uint8Array, width: number) =>
  Array.from({ length: data.length / 3 / width }, (_, y) =>
    Array.from({ length: width }, (_, x) => data[(y * width + x) * 3]),
  )

describe('resizing', () => {
  it('averages when it halves, with the triangle filter’s weights', () => {
    // Half of 4: support 2, weights 3/8, 3/8, 1/8 around the first output after cutting off at the edge (3/7, 3/7, 1/7).
    const line = grey(4, 1, (x) => [0, 70, 140, 210][x])
    const [row] = rows(resizeBox(line, wholeBox(line), 2, 1).data, 2)
    expect(row).toEqual([Math.round((3 * 0 + 3 * 70 + 140) / 7), Math.round((70 + 3 * 140 + 3 * 210) / 7)])
  })

  /** Bytes of a linear congruential generator. */
  function noise(width: number, height: number): Pixels {
    let state = 12345
    const next = () => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
      return (state >> 16) & 255
    }
    return { width, height, data: Uint8Array.from({ length: width * height * 3 }, next) }
  }

  // SHA-256 of Pillow 9.4's result: Image.frombytes('RGB', …).crop(box).resize(size, Image.BILINEAR).tobytes()
  it.each([
    [50, 37, { left: 0, top: 0, width: 50, height: 37 }, 23, 17, '0eeb1fad74986b5f'],
    [50, 37, { left: 0, top: 0, width: 50, height: 37 }, 50, 12, 'c33cf40b59dd1467'],
    [50, 37, { left: 0, top: 0, width: 50, height: 37 }, 71, 90, 'd6f385bc67ff6107'],
    [120, 80, { left: 13, top: 7, width: 61, height: 44 }, 32, 32, 'f3bac426326ef0e5'],
    [9, 300, { left: 0, top: 0, width: 9, height: 300 }, 9, 64, '70d0d2f4b7456279'],
    [64, 64, { left: 0, top: 0, width: 64, height: 64 }, 73, 73, '1ec04652bea97130'],
  ])('returns Pillow’s bytes: %i × %i, %o to %i × %i', async (width, height, box, outWidth, outHeight, hash) => {
    const resized = resizeBox(noise(width, height), box, outWidth, outHeight)
    expect((await sha256(resized.data)).slice(0, 16)).toBe(hash)
  })

  it('interpolates linearly when it doubles', () => {
    const line = grey(2, 1, (x) => x * 100)
    expect(rows(resizeBox(line, wholeBox(line), 4, 1).data, 4)).toEqual([[0, 25, 75, 100]])
  })

  it('preserves constant images and the aspect ratio', () => {
    const size = fc.integer({ min: 1, max: 40 })
    fc.assert(
      fc.property(size, size, size, (width, height, side) => {
        const resized = resizeShorter(
          grey(width, height, () => 77),
          side,
        )
        expect(Math.min(resized.width, resized.height)).toBe(side)
        expect(resized.data.every((v) => v === 77)).toBe(true)
        expect(Math.abs(resized.width * height - resized.height * width)).toBeLessThanOrEqual(Math.max(width, height))
      }),
    )
  })
})

describe('transforms', () => {
  const image = grey(8, 8, (x, y) => 1 + x + 8 * y)

  it('pass an image of the input size unchanged', () => {
    expect(apply(trainTransform('none', 8), image)).toEqual(image.data)
    expect(apply(evaluationTransform('crop-flip', 8), image)).toEqual(image.data)
  })

  it('resize to 256 for 224 before the ImageNet recipe’s center crop', () => {
    const large = grey(80, 64, (x, y) => (3 * x + 2 * y) % 256)
    const resized = resizeShorter(large, 64)
    const seen = apply(evaluationTransform('random-resized-crop', 56), large)
    expect(resized).toBe(large)
    expect(seen).toEqual(cropBox(large, { left: 12, top: 4, width: 56, height: 56 }).data)
    const smaller = grey(40, 32, (x, y) => (3 * x + 2 * y) % 256)
    const grown = resizeShorter(smaller, 64)
    expect(apply(evaluationTransform('random-resized-crop', 56), smaller)).toEqual(
      cropBox(grown, { left: 12, top: 4, width: 56, height: 56 }).data,
    )
  })

  it('take the center of other images', () => {
    const wide = grey(6, 4, (x) => x)
    expect(rows(apply(trainTransform('none', 4), wide), 4)[0]).toEqual([1, 2, 3, 4])
  })

  it('crop from black padding of an eighth and mirror half of the images', () => {
    const crops = Array.from({ length: 64 }, (_, seed) => rows(apply(trainTransform('crop-flip', 8), image, seed), 8))
    const mirrored = crops.filter((crop) => crop[4][3] > crop[4][4])
    expect(mirrored.length).toBeGreaterThan(16)
    expect(mirrored.length).toBeLessThan(48)
    for (const crop of crops) {
      const flat = crop.flat()
      expect(flat.filter((v) => v === 0).length).toBeLessThanOrEqual(15)
      expect(new Set(flat).size).toBeGreaterThanOrEqual(49)
    }
    // There are 9 positions, mirrored or not; 64 draws include nearly all of them.
    expect(new Set(crops.map(String)).size).toBeGreaterThan(14)
    expect(new Set(crops.map(String)).size).toBeLessThanOrEqual(18)
  })

  it('draw boxes inside the image, with the areas and shapes of the ImageNet recipe', () => {
    const side = fc.integer({ min: 3, max: 500 })
    fc.assert(
      fc.property(side, side, fc.nat(), (width, height, seed) => {
        const box = randomBox({ width, height }, stream(seed))
        expect(box.left >= 0 && box.top >= 0 && box.left + box.width <= width && box.top + box.height <= height).toBe(
          true,
        )
        expect(box.width > 0 && box.height > 0).toBe(true)
        if (Math.min(width, height) > 60 && Math.max(width, height) / Math.min(width, height) < 1.3) {
          expect(box.width / box.height).toBeGreaterThan(0.7)
          expect(box.width / box.height).toBeLessThan(1.43)
          expect((box.width * box.height) / (width * height)).toBeGreaterThan(0.07)
        }
      }),
    )
  })

  it('repeat under the same seed', () => {
    const big = grey(40, 30, (x, y) => (x * 7 + y * 3) % 256)
    const transform = trainTransform('random-resized-crop', 8)
    expect(apply(transform, big, 3)).toEqual(apply(transform, big, 3))
    expect(apply(transform, big, 3)).not.toEqual(apply(transform, big, 4))
  })
})
