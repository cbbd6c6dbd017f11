/** Files that are whole, cut, padded or contradictory: the lab reads what Pillow reads, except where this file says so. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { expectedOf, pillowCases } from '../../testing/pillow-cases.ts'
import { decode } from '../node/decode.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('Pillow and the command line', () => {
  const cases = pillowCases('files')
  it.each(cases)('read the same from $name', async (one) => {
    const expected = expectedOf(one, cases)
    const found = await decode(one.bytes, Number.POSITIVE_INFINITY).catch((error: Error) => error.message)
    if (typeof found === 'string') {
      expect(expected, found).toBeNull()
      expect(found).toMatch(/truncated|damaged|no pixels|no image|megapixels|unsupported/)
    } else {
      const { width, height, data } = found.image ?? { width: 0, height: 0, data: new Uint8Array(0) }
      expect({ width, height, sha256: sha256(data) }).toEqual(expected)
    }
  })
})
