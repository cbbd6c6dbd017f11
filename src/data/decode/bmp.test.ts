import { expect, it } from 'vitest'
import { bmpOf } from '../../testing/archives.ts'
import { decode } from '../node/decode.ts'
import { bmpRefusal, decodeBmp } from './bmp.ts'

it('reads true color from the top, in the order RGB', () => {
  const bytes = bmpOf(3, 2, (x, y) => [10 * x, 100 + y, 7])
  const { width, height, data } = decodeBmp(bytes)
  expect([width, height]).toEqual([3, 2])
  expect([...data]).toEqual([0, 100, 7, 10, 100, 7, 20, 100, 7, 0, 101, 7, 10, 101, 7, 20, 101, 7])
  expect(bmpRefusal(bytes)).toBe(null)
})

it('is decoded like the other formats', async () => {
  const bytes = bmpOf(4, 2, (x, y) => [x, y, 9])
  expect((await decode(bytes, 1)).image).toMatchObject({ width: 2, height: 1 })
  await expect(decode(bytes.subarray(0, 60), 1)).rejects.toThrow('the BMP is truncated')
})

it('refuses palettes', () => {
  const bytes = bmpOf(1, 1, () => [0, 0, 0])
  bytes[28] = 8
  expect(bmpRefusal(bytes)).toBe('unsupported: BMP with 8 bits per pixel')
})
