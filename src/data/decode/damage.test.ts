import { Buffer } from 'node:buffer'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { stream } from '../../random.ts'
import { crc32 } from '../crc32.ts'
import { decode } from '../node/decode.ts'
import { damageOf } from './damage.ts'

/** The same bytes, which count how many of them are read one by one or searched. */
function counting(bytes: Uint8Array): { view: Uint8Array; reads: () => number } {
  let reads = 0
  const indexOf = (value: number, from = 0) => {
    const at = bytes.indexOf(value, from)
    reads += (at < 0 ? bytes.length : at + 1) - from
    return at
  }
  const view = new Proxy(bytes, {
    get: (target, key) => {
      if (key === 'indexOf') return indexOf
      const value: unknown = Reflect.get(target, key, target)
      if (typeof key === 'string' && /^\d+$/.test(key)) reads++
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { view, reads: () => reads }
}

const random = stream(1, 'pixels')
const pixels = Uint8Array.from({ length: 40 * 30 * 3 }, () => random.integer(256))
const base = sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } })
const text = (content: string) => new TextEncoder().encode(content)

describe('whole files', () => {
  it.each([
    ['a baseline JPEG', () => base.clone().jpeg()],
    ['a progressive JPEG', () => base.clone().jpeg({ progressive: true })],
    ['a JPEG with metadata', () => base.clone().withMetadata({ orientation: 6 }).jpeg()],
    ['a PNG', () => base.clone().png()],
    ['an interlaced PNG of a palette', () => base.clone().png({ palette: true, progressive: true })],
    ['a GIF', () => base.clone().gif()],
    ['a WebP', () => base.clone().webp()],
  ])('%s has nothing wrong', async (_, make) => {
    expect(damageOf(await make().toBuffer())).toBeNull()
  })

  it('a JPEG can have any data after its end', async () => {
    const jpeg = await base.clone().jpeg().toBuffer()
    expect(damageOf(Buffer.concat([jpeg, jpeg, Buffer.alloc(200_000)]))).toBeNull()
  })
})

describe('truncated files', () => {
  const formats = ['jpeg', 'png', 'gif', 'webp'] as const
  const whole = new Map<string, Buffer>()
  beforeAll(async () => {
    for (const format of formats) whole.set(format, await base.clone().toFormat(format).toBuffer())
  })

  it.each(formats)('of %s are refused, or give all pixels of the whole file', async (format) => {
    const bytes = whole.get(format) as Buffer
    const all = await decode(bytes, Number.POSITIVE_INFINITY)
    const last = format === 'jpeg' ? 2 : 12
    let refused = 0
    // A very short file has no recognizable format.
    for (let length = 12; length < bytes.length; length += length < bytes.length - 40 ? 7 : 1) {
      const found = await decode(bytes.subarray(0, length), Number.POSITIVE_INFINITY).catch(() => null)
      if (found) expect(found.image?.data, `${format} of ${length} bytes`).toEqual(all.image?.data)
      else refused++
      // Only an end without pixels may be missing.
      if (found) expect(length).toBeGreaterThanOrEqual(bytes.length - last)
    }
    expect(refused).toBeGreaterThan(50)
  })

  it('of a JPEG with a complete thumbnail are recognized', () => {
    const thumbnail = whole.get('jpeg') as Buffer
    const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 0]), thumbnail])
    segment.writeUInt16BE(segment.length - 2, 2)
    const jpeg = Buffer.concat([thumbnail.subarray(0, 2), segment, thumbnail.subarray(2, -30)])
    expect(damageOf(jpeg)).toMatch('the JPEG is truncated')
  })
})

describe('damage and formats', () => {
  it('names a wrong checksum of a PNG', async () => {
    const png = await base.clone().png().toBuffer()
    png[png.length - 40] ^= 1
    expect(damageOf(png)).toBe('the PNG is damaged (wrong checksum of IDAT)')
  })

  it.each([
    [0xc9, 8, 'unsupported JPEG (arithmetic coding)'],
    [0xc3, 8, 'unsupported JPEG (lossless)'],
    [0xc1, 12, 'unsupported JPEG (12 bits per sample)'],
  ])('names a JPEG of the frame %i with %i bits', async (code, bits, reason) => {
    const jpeg = await base.clone().jpeg().toBuffer()
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0, 0x00]))
    jpeg[frame + 1] = code
    jpeg[frame + 4] = bits
    expect(damageOf(jpeg)).toBe(reason)
  })

  it.each([
    ['', 'the file is empty'],
    ['\0\0\0\0', 'the file contains only zeros'],
    ['\n<!DOCTYPE html><html>404', 'an HTML page, not an image'],
    ['<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', 'unsupported: SVG'],
    ['<?xml version="1.0"?><Error/>', 'an XML document, not an image'],
    ['{"error": 404}', 'a JSON document, not an image'],
    ['version https://git-lfs.github.com/spec/v1', /^a Git LFS pointer/],
    ['\0\0\0\x18ftypheic\0\0\0\0', 'unsupported: HEIC'],
    ['\0\0\0\x1cftypavif\0\0\0\0', 'unsupported: AVIF'],
    ['\0\0\0\x18ftypisom\0\0\0\0', 'a video, not an image'],
    ['\0\0\0\fjP  ', 'unsupported: JPEG 2000'],
    ['II*\0', 'unsupported: TIFF'],
    ['8BPS', 'unsupported: PSD'],
    ['%PDF-1.7', 'a PDF document, not an image'],
    ['PK\x03\x04', 'an archive, not an image'],
    ['BM\0\0\x10\0\0\0\0\0\0\0', 'the BMP is truncated'],
  ])('%j is recognized by its first bytes', (content, reason) => {
    const damage = damageOf(text(content))
    if (typeof reason === 'string') expect(damage).toBe(reason)
    else expect(damage).toMatch(reason)
  })

  it('leaves unknown files to the decoder', () => {
    expect(damageOf(text('no picture at all'))).toBeNull()
  })

  it.each([
    ['markers alone', [0xff]],
    ['empty segments', [0xff, 0xe0, 0x00, 0x02]],
    ['scans without an end', [0xff, 0xda, 0x00, 0x02]],
    ['escaped bytes', [0xff, 0x00]],
    ['restarts', [0xff, 0xd0]],
    ['zeros', [0x00]],
  ])('reads each byte of a JPEG of %s only a few times', (_, pattern) => {
    const length = 100_000
    const bytes = Uint8Array.from({ length }, (_, i) => pattern[i % pattern.length])
    bytes.set([0xff, 0xd8, 0xff])
    const { view, reads } = counting(bytes)
    expect(damageOf(view)).not.toBeNull()
    expect(reads()).toBeGreaterThan(length / 4)
    expect(reads()).toBeLessThan(8 * length)
  })
})

it('checksums are those of ISO 3309', () => {
  expect(crc32(text('123456789'))).toBe(0xcbf43926)
  expect(crc32(text('6789'), crc32(text('12345')))).toBe(0xcbf43926)
})
