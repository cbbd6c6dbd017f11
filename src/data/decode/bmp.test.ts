import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bmpOf } from '../../testing/archives.ts'
import { pillowCases } from '../../testing/pillow-cases.ts'
import { decode } from '../node/decode.ts'
import { decodeBmp } from './bmp.ts'
import { bmpSize } from './bmp-header.ts'
import { damageOf } from './damage.ts'

it('reads true color from the top, in the order RGB', () => {
  const { width, height, data } = decodeBmp(bmpOf(3, 2, (x, y) => [10 * x, 100 + y, 7]))
  expect([width, height]).toEqual([3, 2])
  expect([...data]).toEqual([0, 100, 7, 10, 100, 7, 20, 100, 7, 0, 101, 7, 10, 101, 7, 20, 101, 7])
})

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('Pillow and the lab', () => {
  it.each(pillowCases('bmp'))('read the same from $name', async ({ bytes, image }) => {
    if (!image)
      return expect(decode(bytes, Number.POSITIVE_INFINITY)).rejects.toThrow(/^the BMP |^unsupported: BMP |megapixels/)
    const found = await decode(bytes, Number.POSITIVE_INFINITY)
    expect([found.width, found.height]).toEqual([image.width, image.height])
    expect(sha256(found.image?.data ?? new Uint8Array(0))).toBe(image.sha256)
  })
})

describe('a damaged BMP', () => {
  it.each([
    ['no columns', [18, 0, 0, 0, 0], 'the BMP has no pixels'],
    ['no rows', [22, 0, 0, 0, 0], 'the BMP has no pixels'],
    ['a negative width', [18, 254, 255, 255, 255], 'the BMP states an impossible size: 4294967294 × 2 pixels'],
    ['more rows than the file', [22, 0, 0, 1, 0], 'the BMP is truncated'],
    ['an unknown header', [14, 41], 'unsupported: BMP with a header of 41 bytes'],
    ['an unknown depth', [28, 7], 'unsupported: BMP with 7 bits per pixel'],
    ['an embedded PNG', [30, 5], 'unsupported: BMP with 24 bits per pixel and compression 5'],
    ['strange masks', [30, 3], /^unsupported: BMP with 24 bits per pixel in the masks /],
  ])('with %s has a reason', (_, [at, ...values], reason) => {
    const bytes = bmpOf(4, 2, (x, y) => [x, y, 9])
    bytes.set(values, at)
    const damage = damageOf(bytes)
    if (typeof reason === 'string') expect(damage).toBe(reason)
    else expect(damage).toMatch(reason)
  })

  const whole = pillowCases('bmp').map(({ bytes }) => bytes)
  const flips = fc.array(fc.tuple(fc.integer({ min: 0, max: 140 }), fc.integer({ min: 0, max: 255 })), { maxLength: 6 })
  it('gives an image of its stated size or a reason', () => {
    fc.assert(
      fc.property(fc.constantFrom(...whole), flips, fc.nat({ max: 400 }), (bytes, changes, length) => {
        const file = Uint8Array.from(length % 2 ? bytes : bytes.subarray(0, Math.max(10, length)))
        for (const [at, value] of changes) if (at >= 2 && at < file.length) file[at] = value
        const size = bmpSize(file)
        // A few bytes of runs can stand for many pixels.
        if (damageOf(file) || !size || size.width * size.height > 1e6) return
        const { width, height, data } = decodeBmp(file)
        expect(data.length).toBe(3 * width * height)
        // A pixel takes at least a bit, except in runs.
        if (file[30] !== 1 && file[30] !== 2) expect(width * height).toBeLessThanOrEqual(8 * file.length)
      }),
      { numRuns: 3000 },
    )
  })
})
