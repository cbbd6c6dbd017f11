import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../sha256.ts'
import { rangesOf, type Sampling, sampleOf, sampleOfBlob, samplings } from './identity.ts'

const small: Sampling = { whole: 20, block: 4, blocks: (size) => Math.min(5, Math.ceil(size / 10)) }

const sampled = async (bytes: Uint8Array, sampling: Sampling) =>
  sampleOf({ bytes, hash: await sha256(bytes) }, sampling)

describe('samples', () => {
  it('are the first, the middle and the last block of a large file on a disk', () => {
    expect(rangesOf(100_000, samplings.disk)).toEqual([
      [0, 4096],
      [47952, 52048],
      [95904, 100_000],
    ])
  })

  it('reach from the first byte to the last, in order, within the file', () => {
    const named = fc.constantFrom(small, ...Object.values(samplings))
    fc.assert(
      fc.property(named, fc.integer({ min: 0, max: 2 ** 34 }), (sampling, size) => {
        const ranges = rangesOf(size, sampling)
        expect([ranges[0][0], ranges.at(-1)?.[1]]).toEqual([0, size])
        const isRight = ([from, to]: readonly [number, number], i: number) =>
          size <= sampling.whole ? to >= from && from === (ranges[i - 1]?.[1] ?? 0) : to - from === sampling.block
        expect(ranges.every(isRight)).toBe(true)
      }),
    )
  })

  it('show every changed byte of a file that is sampled whole, and every changed byte of a block', async () => {
    for (const size of [1, 5, 20, 21, 60]) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => i)
      const before = await sampled(bytes, small)
      for (let i = 0; i < size; i++) {
        const isSampled = rangesOf(size, small).some(([from, to]) => i >= from && i < to)
        expect((await sampled(bytes.with(i, 255), small)) !== before).toBe(isSampled)
      }
      expect(await sampled(new Uint8Array([...bytes, 0]), small)).not.toBe(before)
    }
  })

  it('are the same from a file in memory and by ranges, also in several pieces', async () => {
    for (const size of [0, 1, 40_000, 9 * 2 ** 20, 18 * 2 ** 20]) {
      const bytes = new Uint8Array(size)
      for (let i = 0; i < size; i += 997) bytes[i] = i
      for (const sampling of Object.values(samplings))
        expect(await sampleOfBlob(new Blob([bytes]), sampling)).toBe(await sampled(bytes, sampling))
    }
    const large = new Uint8Array(9 * 2 ** 20)
    const before = await sampled(large, samplings.page)
    for (const i of [0, 5 * 2 ** 20, large.length - 1]) {
      large[i] = 1
      expect(await sampled(large, samplings.page)).not.toBe(before)
      large[i] = 0
    }
  })
})
