import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { joined } from '../../joined.ts'
import { crc32 } from '../crc32.ts'
import { decodePng } from './png.ts'

function chunk(type: string, body: Uint8Array): Uint8Array {
  const named = joined([new TextEncoder().encode(type), body])
  const numbers = new DataView(new ArrayBuffer(8))
  numbers.setUint32(0, body.length)
  numbers.setUint32(4, crc32(named))
  const bytes = new Uint8Array(numbers.buffer)
  return joined([bytes.subarray(0, 4), named, bytes.subarray(4)])
}

/** A PNG of 2 × 3 pixels with packed rows. */
function png(depth: number, color: number, packed: Uint8Array): Uint8Array {
  const header = Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 3, depth, color, 0, 0, 0)
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)
  return joined([signature, chunk('IHDR', header), chunk('IDAT', packed), chunk('IEND', new Uint8Array())])
}

const kinds = [
  { name: 'RGB of 16 bits', depth: 16, color: 2, pixel: 6 },
  { name: 'grey of 16 bits', depth: 16, color: 0, pixel: 2 },
  { name: 'RGBA', depth: 8, color: 6, pixel: 4 },
  { name: 'grey with alpha', depth: 8, color: 4, pixel: 2 },
]

describe.each(kinds)('a PNG: $name', ({ depth, color, pixel }) => {
  const rows = Uint8Array.from({ length: 3 * (1 + 2 * pixel) }, (_, i) => (i % (1 + 2 * pixel) === 0 ? 0 : 16 + i))
  const decode = (changed: Uint8Array) => decodePng(png(depth, color, new Uint8Array(deflateSync(changed))))

  it('has its first pixel, also with more rows than stated', async () => {
    const grey = depth === 16 && color === 0 ? 255 : 17
    for (const file of [rows, joined([rows, rows])]) {
      const { width, height, data } = await decode(file)
      expect([width, height, data.length, data[0]]).toEqual([2, 3, 18, grey])
    }
  })

  it('is refused without its last byte, and with an unknown filter', async () => {
    await expect(decode(rows.subarray(0, -1))).rejects.toThrow('the PNG is truncated: its pixels are incomplete')
    await expect(decode(Uint8Array.from(rows, (value, i) => (i === 0 ? 5 : value)))).rejects.toThrow(
      'the PNG is damaged',
    )
  })

  it('is refused if its data are cut or fail their checksum', async () => {
    const packed = new Uint8Array(deflateSync(rows))
    const wrong = packed.slice()
    wrong[wrong.length - 1] ^= 1
    for (const data of [packed.subarray(0, -6), wrong])
      await expect(decodePng(png(depth, color, data))).rejects.toThrow('the PNG is damaged')
  })
})
