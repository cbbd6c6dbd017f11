import { describe, expect, it } from 'vitest'
import { turned, turnedSize } from './orientation.ts'

const memory = (length: number) => new Uint8Array(length)
/** 3 × 2 pixels; the red values are 1 to 6 in rows. */
const stored = {
  width: 3,
  height: 2,
  data: Uint8Array.from({ length: 18 }, (_, i) => (i % 3 === 0 ? 1 + i / 3 : 100 + i)),
}

/** Where the red values lie after turning (Exif 2.3, tag 0x0112). */
const rows: Record<number, number[][]> = {
  1: [
    [1, 2, 3],
    [4, 5, 6],
  ],
  2: [
    [3, 2, 1],
    [6, 5, 4],
  ],
  3: [
    [6, 5, 4],
    [3, 2, 1],
  ],
  4: [
    [4, 5, 6],
    [1, 2, 3],
  ],
  5: [
    [1, 4],
    [2, 5],
    [3, 6],
  ],
  6: [
    [4, 1],
    [5, 2],
    [6, 3],
  ],
  7: [
    [6, 3],
    [5, 2],
    [4, 1],
  ],
  8: [
    [3, 6],
    [2, 5],
    [1, 4],
  ],
}

describe('turning upright', () => {
  it.each(Object.entries(rows))('orientation %s', (orientation, expected) => {
    const { width, height, data } = turned(stored, Number(orientation), memory)
    expect({ width, height }).toEqual(turnedSize(stored, Number(orientation)))
    expect([height, width]).toEqual([expected.length, expected[0].length])
    expect([...data].filter((_, i) => i % 3 === 0)).toEqual(expected.flat())
    // Each pixel keeps its three colors.
    for (let i = 0; i < data.length; i += 3)
      expect([...data.subarray(i + 1, i + 3)]).toEqual([...stored.data.subarray(3 * (data[i] - 1) + 1, 3 * data[i])])
  })
})
