import { describe, expect, it } from 'vitest'
import { createPace, submitStarts } from './pace.ts'

/** The times of the submits that `submitStarts` makes. */
function submits(times: readonly number[], most: number): number[][] {
  const starts = [0, ...submitStarts(times, most)]
  return starts.map((start, i) => times.slice(start, starts[i + 1]))
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)

describe('work', () => {
  it('is divided into submits that are as long as allowed, in order', () => {
    const times = Array.from({ length: 500 }, (_, i) => 1 + ((i * 7) % 13))
    const parts = submits(times, 75)
    expect(parts.flat()).toEqual(times)
    for (const part of parts) expect(sum(part)).toBeLessThanOrEqual(75)
    for (const part of parts.slice(0, -1)) expect(sum(part)).toBeGreaterThan(75 - 14)
  })

  it('that takes longer than a submit may is alone', () => {
    expect(submits([10, 200, 10, 10], 75)).toEqual([[10], [200], [10, 10]])
    expect(submits([200, 10], 75)).toEqual([[200], [10]])
    expect(submits([], 75)).toEqual([[]])
  })
})

describe('a compiled step', () => {
  const times = Array.from({ length: 500 }, () => 0.1)

  it('begins with short submits on a GPU, each longer than those before, and is one submit on a software adapter', () => {
    const starts = createPace(false).submitStarts(times)
    expect(starts.length).toBeGreaterThan(1)
    expect(starts[0]).toBeLessThan(20)
    const ends = [...starts, times.length]
    for (const [i, start] of starts.entries()) expect(ends[i + 1] - start).toBeGreaterThan(start)
    expect(createPace(true).submitStarts(times)).toEqual([])
  })

  it('has no submit longer than allowed, and none that is empty', () => {
    expect(submitStarts([40, 30, 40, 30, 40], 75)).toEqual([2, 4])
    expect(submitStarts([40, 30, 40, 30, 40], 75, [1])).toEqual([1, 3])
    expect(submitStarts([10, 10, 10, 10, 10], 25, [1, 2, 9])).toEqual([1, 2, 4])
  })
})

describe('the pace of an adapter', () => {
  const work = { flops: 1e12, bytes: 1e9 }

  it('is that of a slow one before anything was measured', () => {
    const [slow, fast] = [createPace(true), createPace(false)]
    expect(slow.assumed(work)).toBeGreaterThan(10 * fast.assumed(work))
    expect(fast.perSubmit()).toBe(75)
    expect(slow.perSubmit()).toBeGreaterThan(75)
  })

  it('follows the latest times, and forgets earlier ones', () => {
    const pace = createPace(false)
    const first = pace.perSubmit()
    pace.note(1000, 20_000)
    expect(pace.perSubmit()).toBeLessThan(first / 2)
    for (let i = 0; i < 8; i++) pace.note(1000, 10)
    // A hundred times as fast as assumed: a submit holds a hundred times as much work.
    expect(pace.perSubmit()).toBeCloseTo(100 * first)
  })

  it('takes one time that is too short, as of two results that arrive together, with the others', () => {
    const pace = createPace(false)
    for (let i = 0; i < 4; i++) {
      pace.note(100, 200)
      pace.note(100, 1e-6)
    }
    expect(pace.perSubmit()).toBeCloseTo(75)
    pace.note(0, 1000)
    expect(pace.perSubmit()).toBeCloseTo(75)
  })
})
