/** The page decodes the pixels that Pillow gives, as the command line does, so their runs see the same images. */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { expect, type Page, test } from '@playwright/test'
import sharp from 'sharp'
import { decode } from '../src/data/node/decode.ts'
import { expectedOf, pillowCases } from '../src/testing/pillow-cases.ts'
import { servePage } from './built-page.ts'

let served: Awaited<ReturnType<typeof servePage>>
let page: Page
test.beforeAll(async ({ browser }) => {
  served = await servePage('decode-page')
  page = await browser.newPage()
  await page.goto(served.url)
})
test.afterAll(async () => {
  await page.close()
  served.close()
})

const inPage = (files: readonly Uint8Array[], side: number | null = null) =>
  page.evaluate(([texts, s]) => window.decodeImages(texts, s), [
    files.map((file) => Buffer.from(file).toString('base64')),
    side,
  ] as const)

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

for (const kind of ['pixels', 'bmp', 'files']) {
  test(`every file of ${kind}.json: the pixels of Pillow in the page, or a reason`, async () => {
    const cases = pillowCases(kind)
    const found = await inPage(cases.map(({ bytes }) => bytes))
    const different = cases.filter((stored, i) => {
      const [one, image] = [found[i], expectedOf(stored, cases)]
      if (typeof one === 'string') return image !== null
      const same = one.width === image?.width && one.height === image.height
      return !same || hashOf(Buffer.from(one.data, 'base64')) !== image.sha256
    })
    expect(different.map(({ name }) => name)).toEqual([])
    expect(cases.length).toBeGreaterThan(50)
  })
}

/** A JPEG of smooth shapes with some noise. */
function photo(width: number, height: number) {
  let state = 7
  const bytes = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3]
    return 128 + 70 * Math.sin(x / 5 + 2 * c) + 40 * Math.cos(y / 3 - c) + (state >> 27)
  })
  return sharp(bytes, { raw: { width, height, channels: 3 } })
}

test('larger images, color profiles and resizing: the same pixels in the page and on the command line', async () => {
  const files = await Promise.all([
    photo(61, 45).jpeg({ quality: 90, chromaSubsampling: '4:2:0' }).toBuffer(),
    photo(61, 45).withIccProfile('p3').jpeg().toBuffer(),
    photo(61, 45).withMetadata({ orientation: 7 }).jpeg({ progressive: true }).toBuffer(),
    photo(61, 45).toColorspace('cmyk').jpeg({ quality: 95 }).toBuffer(),
    photo(61, 45).webp({ quality: 90 }).toBuffer(),
    photo(61, 45).gif().toBuffer(),
  ])
  for (const side of [null, 32]) {
    for (const [i, found] of (await inPage(files, side)).entries()) {
      const { image } = await decode(files[i], side ?? Number.POSITIVE_INFINITY)
      const { width, height, data } = image!
      expect(found).toEqual({ width, height, data: Buffer.from(data).toString('base64') })
    }
  }
})

/** A PNG whose compressed samples have a wrong checksum inside a chunk with a right one. */
async function wronglySummed(): Promise<Buffer> {
  const png = await photo(61, 45).png().toBuffer()
  const type = png.indexOf('IDAT')
  const end = type + 4 + png.readUInt32BE(type - 4)
  png[end - 1] ^= 1
  png.writeUInt32BE(crc32(png.subarray(type, end)), end)
  return png
}

test('a file that cannot be decoded has a reason', async () => {
  const jpeg = await photo(61, 45).jpeg().toBuffer()
  // Everything between the first and the last marker is noise.
  const noise = Buffer.concat([jpeg.subarray(0, 4), Buffer.alloc(400, 7), jpeg.subarray(-2)])
  const [first, ...others] = await inPage([
    noise,
    Buffer.alloc(0),
    jpeg.subarray(0, 300),
    Buffer.from('no picture'),
    await wronglySummed(),
  ])
  expect(typeof first).toBe('string')
  expect(others).toEqual([
    'the file is empty',
    expect.stringMatching(/is truncated/),
    expect.stringMatching(/not an image/),
    'the PNG is damaged',
  ])
  await expect(decode(await wronglySummed(), 0)).rejects.toThrow(/^damaged image/)
})
