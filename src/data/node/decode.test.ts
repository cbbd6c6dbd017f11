import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pillowCases } from '../../testing/pillow-cases.ts'
import { headerOf } from '../decode/header.ts'
import { decode } from './decode.ts'

const cases = pillowCases('pixels')
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('Pillow and the command line', () => {
  it.each(cases)('read the same from $name', async ({ bytes, image: expected }) => {
    const { width, height, image } = await decode(bytes, Number.POSITIVE_INFINITY)
    expect({ width, height }).toEqual({ width: expected?.width, height: expected?.height })
    expect(sha256(image?.data ?? new Uint8Array())).toBe(expected?.sha256)
  })
})

it('reads size and pixels alike when it only checks, and when it shrinks a turned image', async () => {
  const { bytes, image: expected } = cases.find(({ name }) => name === 'JPEG turned: 6, 420')!
  const size = { width: expected?.width, height: expected?.height }
  expect(await decode(bytes, 0)).toEqual({ ...size, image: null })
  const { image, ...upright } = await decode(bytes, 5)
  expect(upright).toEqual(size)
  expect([image?.width, image?.height, image?.data.length]).toEqual([5, 6, 90])
})

it('takes EXIF data that Pillow refuses for none', async () => {
  const { bytes } = cases.find(({ name }) => name === 'JPEG turned: type 4')!
  const broken = bytes.slice()
  broken.set([0x58, 0x58], bytes.indexOf(0x49, 6 + 'Exif'.length))
  const { width, height } = await decode(broken, 0)
  expect([width, height]).toEqual([7, 4])
})

const changes = fc.array(fc.tuple(fc.nat({ max: 2000 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 })

it('gives every changed file a reason or an image of its stated size', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...cases), changes, async ({ bytes }, changed) => {
      const file = bytes.slice()
      for (const [at, value] of changed) file[at % file.length] = value
      const { width = 0, height = 0 } = headerOf(file)?.size ?? {}
      if (width * height > 1e6) return
      const found = await decode(file, Number.POSITIVE_INFINITY).catch((error: Error) => error.message)
      if (typeof found === 'string') expect(found).not.toBe('')
      else expect(found.image?.data.length).toBe(3 * found.width * found.height)
    }),
    { numRuns: 1500 },
  )
}, 60_000)
