import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { stream } from '../../random.ts'
import { pillowCases } from '../../testing/pillow-cases.ts'
import { damageOf, withEnd } from './damage.ts'

const shape = fc.record({
  width: fc.integer({ min: 1, max: 70 }),
  height: fc.integer({ min: 1, max: 70 }),
  seed: fc.integer(),
  quality: fc.integer({ min: 5, max: 100 }),
  chromaSubsampling: fc.constantFrom('4:2:0', '4:4:4'),
  optimiseCoding: fc.boolean(),
  grey: fc.boolean(),
  detail: fc.integer({ min: 1, max: 255 }),
})
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never

async function jpeg(
  { width, height, seed, grey, detail, ...options }: Shape,
  progressive: boolean,
): Promise<Uint8Array> {
  const random = stream(seed, 'pixels')
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i % 200) + random.integer(detail) / 5)
  const image = sharp(pixels, { raw: { width, height, channels: 3 } })
  return new Uint8Array(await (grey ? image.toColorspace('b-w') : image).jpeg({ ...options, progressive }).toBuffer())
}

/** Position of the coded data of the last scan. */
function codedFrom(bytes: Uint8Array): number {
  let at = bytes.length - 2
  while (bytes[at] !== 0xff || bytes[at + 1] !== 0xda) at--
  return at + 2 + bytes[at + 3]
}

const end = [0xff, 0xd9]
const joined = (...parts: (Uint8Array | readonly number[])[]) => Uint8Array.from(parts.flatMap((part) => [...part]))

describe('the end of a JPEG', () => {
  it.each([false, true])(
    'is found where it is missing (progressive: %s)',
    async (progressive) => {
      await fc.assert(
        fc.asyncProperty(shape, async (options) => {
          const whole = await jpeg(options, progressive)
          expect(damageOf(whole)).toBeNull()
          expect(withEnd(whole)).toBe(whole)
          const data = whole.subarray(0, -2)
          // A last byte of 0 cannot be told from padding.
          const isClear = data.at(-1) !== 0 || data.at(-2) === 0xff
          for (const tail of isClear ? [[], new Array(50).fill(0), [1, 2, 3, 0xff, 0, 9]] : [[]]) {
            const padded = joined(data, tail)
            expect(damageOf(padded)).toBeNull()
            expect(withEnd(padded)).toEqual(whole)
          }
        }),
        { numRuns: 50 },
      )
    },
    30_000,
  )

  it.each([false, true])(
    'is not invented for a truncated one (progressive: %s)',
    async (progressive) => {
      await fc.assert(
        fc.asyncProperty(
          shape,
          fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
          async (options, share) => {
            const whole = await jpeg(options, progressive)
            const from = codedFrom(whole)
            const cut = whole.subarray(0, from + Math.floor(share * (whole.length - 2 - from)))
            // A cut within an escaped byte leaves a marker's first byte.
            const half = cut.at(-1) === 0xff
            for (const tail of half ? [[]] : [[], new Array(300).fill(0)])
              expect(damageOf(joined(cut, tail))).toMatch(/^the JPEG is truncated/)
            if (!progressive && !half) expect(damageOf(joined(cut, end))).toMatch(/^the JPEG is truncated/)
          },
        ),
        { numRuns: 60 },
      )
    },
    30_000,
  )

  it('is looked for in the scans of every kind', () => {
    const whole = pillowCases('pixels').filter(({ name, image }) => name.startsWith('JPEG') && image)
    expect(whole.length).toBeGreaterThan(20)
    for (const { name, bytes } of whole) {
      expect(damageOf(bytes), name).toBeNull()
      expect(damageOf(bytes.subarray(0, -2)), `${name} without its end`).toBeNull()
    }
  })
})
