import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { bmpOf, picture } from '../../testing/archives.ts'
import { pillowCases } from '../../testing/pillow-cases.ts'
import { decode } from '../node/decode.ts'
import { headerOf } from './header.ts'
import { limited } from './size-limit.ts'
import { inTurn } from './turns.ts'

const stored = [...pillowCases('files'), ...pillowCases('bmp'), ...pillowCases('pixels')]

describe('the header of a file', () => {
  it('gives the size of every file that Pillow reads', () => {
    let read = 0
    for (const { name, bytes, image } of stored) {
      if (!image) continue
      const { width = 0, height = 0 } = headerOf(bytes)?.size ?? {}
      // The orientation may exchange them.
      expect([width, height].sort(), name).toEqual([image.width, image.height].sort())
      read++
    }
    expect(read).toBeGreaterThan(250)
  })

  it('refuses impossible sizes at once', async () => {
    const huge = stored.filter(({ name }) => /[\d²] pixels( in a run)?$/.test(name))
    expect(huge.length).toBeGreaterThan(9)
    for (const { name, bytes } of huge) {
      const reason = await limited(decode, 179)(bytes, 0).catch((error: Error) => error.message)
      expect(reason, name).toMatch(/ pixels are more than 179 megapixels: |has no pixels/)
    }
  })
})

it('refuses JPEGs that are too long for browsers', async () => {
  const long = (width: number) =>
    sharp({ create: { width, height: 3, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer()
  await expect(decode(await long(32768), 0)).rejects.toThrow(/a side of more than 32767 pixels.*make it smaller/)
  expect(await decode(await long(32767), 0)).toMatchObject({ width: 32767, height: 3 })
})

describe('the limit on megapixels', () => {
  const wide = bmpOf(1200, 900, () => [1, 2, 3])
  it('leaves out larger images, and says how to read them', async () => {
    await expect(limited(decode, 1)(wide, 0)).rejects.toThrow(
      '1200 × 900 pixels are more than 1 megapixels: raise data.maxMegapixels to read it',
    )
    expect(await limited(decode, 2)(wide, 0)).toMatchObject({ width: 1200, height: 900 })
    expect(await limited(decode, 1)(wide.subarray(0, 0), 0).catch((error: Error) => error.message)).toMatch(/empty/)
  })

  it('cannot help an image that no decoder reads', async () => {
    const { bytes } = stored.find(({ name }) => name === 'GIF: a screen of 65535² pixels') ?? { bytes: wide }
    await expect(limited(decode, 179)(bytes, 0)).rejects.toThrow(
      '65535 × 65535 pixels are more than 179 megapixels: make it smaller',
    )
  })
})

describe('damage at random places', async () => {
  const good = stored.filter(({ image }) => image).map(({ bytes }) => bytes)
  good.push(new Uint8Array(await picture(9, 'png', 64)), new Uint8Array(await picture(9, 'jpeg', 64)))
  const small = limited(decode, 1)

  it('gives an image of the size in its header, or a reason', async () => {
    const flip = fc.tuple(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.integer({ min: 0, max: 255 }),
    )
    const damage = fc.record({
      file: fc.constantFrom(...good),
      flips: fc.array(flip, { maxLength: 5 }),
      keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
      more: fc.constantFrom(0, 0, 1, 500),
    })
    await fc.assert(
      fc.asyncProperty(damage, async ({ file, flips, keep, more }) => {
        const bytes = new Uint8Array(Math.ceil(file.length * keep) + more)
        bytes.set(file.subarray(0, bytes.length - more))
        for (const [place, value] of flips) bytes[Math.floor(bytes.length * place * place)] = value
        const found = await small(bytes, Number.POSITIVE_INFINITY).catch((error: Error) => error.message)
        expect(found).not.toBe('')
        if (typeof found === 'string') return
        expect(found.image?.data.length).toBe(3 * found.width * found.height)
        expect(found.width * found.height).toBeLessThanOrEqual(1e6)
      }),
      { numRuns: 1200 },
    )
  }, 60_000)
})

it('decodes large images one after another, also after a failure', async () => {
  const order: string[] = []
  const work =
    (name: string, fails = false) =>
    async () => {
      order.push(`${name} begins`)
      await Promise.resolve()
      order.push(`${name} ends`)
      if (fails) throw new Error(name)
    }
  const all = [inTurn(3e7, work('a', true)), inTurn(3e7, work('b')), inTurn(1e6, work('c'))]
  expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  expect(order.filter((step) => !step.startsWith('c'))).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  expect(order.indexOf('c begins')).toBeLessThan(order.indexOf('b begins'))
})
