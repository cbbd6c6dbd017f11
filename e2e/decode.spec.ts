/** The page decodes the same pixels as the command line, so their runs see the same images. */
import { expect, type Page, test } from '@playwright/test'
import sharp from 'sharp'
import { decode } from '../src/data/node/decode.ts'
import { bmpOf } from '../src/testing/archives.ts'
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

/** An image of smooth shapes with some noise in all channels. */
function raw(width: number, height: number, channels: 3 | 4 = 3) {
  let state = 7
  const bytes = Buffer.from(
    Uint8Array.from({ length: width * height * channels }, (_, i) => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
      const [x, y, c] = [Math.floor(i / channels) % width, Math.floor(i / channels / width), i % channels]
      return 128 + 70 * Math.sin(x / 5 + 2 * c) + 40 * Math.cos(y / 3 - c) + (state >> 27)
    }),
  )
  return sharp(bytes, { raw: { width, height, channels } })
}

const jpegs: Record<string, () => Promise<Buffer>> = {
  '4:2:0': () => raw(61, 45).jpeg({ quality: 90, chromaSubsampling: '4:2:0' }).toBuffer(),
  '4:2:0 of one column and row': () => raw(1, 1).jpeg({ chromaSubsampling: '4:2:0' }).toBuffer(),
  '4:2:0 of two rows': () => raw(17, 2).jpeg({ chromaSubsampling: '4:2:0' }).toBuffer(),
  '4:4:4': () => raw(61, 45).jpeg({ quality: 90, chromaSubsampling: '4:4:4' }).toBuffer(),
  progressive: () => raw(61, 45).jpeg({ progressive: true }).toBuffer(),
  'grey JPEG': () => raw(61, 45).toColorspace('b-w').jpeg().toBuffer(),
  'with a color profile': () => raw(61, 45).withIccProfile('p3').jpeg().toBuffer(),
  ...Object.fromEntries(
    [2, 3, 4, 5, 6, 7, 8].map((orientation) => [
      `rotated by orientation ${orientation}`,
      () => raw(61, 45).withMetadata({ orientation }).jpeg({ chromaSubsampling: '4:4:4' }).toBuffer(),
    ]),
  ),
}

const others: Record<string, () => Promise<Buffer>> = {
  PNG: () => raw(23, 31).png().toBuffer(),
  'PNG with alpha': () => raw(23, 31, 4).png().toBuffer(),
  'PNG with a palette': () => raw(23, 31).png({ palette: true }).toBuffer(),
  'grey PNG with alpha': () => raw(23, 31, 4).toColorspace('b-w').png().toBuffer(),
  '16-bit PNG': () => raw(23, 31).toColorspace('rgb16').png().toBuffer(),
  'grey PNG': () => raw(23, 31).toColorspace('b-w').png().toBuffer(),
  'lossless WebP': () => raw(23, 31).webp({ lossless: true }).toBuffer(),
  'lossy WebP': () => raw(23, 31).webp({ quality: 90 }).toBuffer(),
  BMP: async () => Buffer.from(bmpOf(23, 31, (x, y) => [(9 * x) % 256, (7 * y) % 256, (x * y) % 256])),
  GIF: () => raw(23, 31).gif().toBuffer(),
}

async function bothWays(bytes: Buffer, side: number | null = null) {
  const inPage = await page.evaluate(([file, s]) => window.decodeImage(file, s), [
    bytes.toString('base64'),
    side,
  ] as const)
  if (typeof inPage === 'string') throw new Error(inPage)
  const { image } = await decode(bytes, side ?? Number.POSITIVE_INFINITY)
  const [ours, theirs] = [Buffer.from(inPage.data, 'base64'), Buffer.from(image?.data ?? [])]
  expect([inPage.width, inPage.height, ours.length]).toEqual([image?.width, image?.height, theirs.length])
  const apart = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i])), 0)
  return { apart, ...inPage }
}

for (const [name, make] of Object.entries({ ...jpegs, ...others })) {
  test(`${name}: the same pixels in the page and on the command line`, async () => {
    expect((await bothWays(await make())).apart).toBe(0)
  })
}

test('resizing in the page equals resizing on the command line', async () => {
  const { apart, width, height } = await bothWays(await jpegs['4:2:0'](), 32)
  expect([apart, width, height]).toEqual([0, 43, 32])
})

test('print colors are close, because browsers convert them in their own way', async () => {
  const { apart } = await bothWays(await raw(61, 45).toColorspace('cmyk').jpeg({ quality: 95 }).toBuffer())
  expect(apart).toBeLessThan(40)
})

test('a file that cannot be decoded has a reason', async () => {
  const reason = (bytes: Buffer) => page.evaluate((file) => window.decodeImage(file, null), bytes.toString('base64'))
  const jpeg = await jpegs['4:2:0']()
  // Everything between the first and the last marker is noise.
  const noise = Buffer.concat([jpeg.subarray(0, 4), Buffer.alloc(400, 7), jpeg.subarray(-2)])
  expect(typeof (await reason(noise))).toBe('string')
  expect(await reason(Buffer.alloc(0))).toBe('the file is empty')
  expect(await reason(jpeg.subarray(0, 300))).toMatch(/is truncated/)
  expect(await reason(Buffer.from('no picture'))).toMatch(/not an image/)
})
