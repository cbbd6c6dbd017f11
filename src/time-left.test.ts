import { expect, test } from 'vitest'
import { addProgress, type Progress, recentTimeLeft, timeLeft, timeLeftAt } from './time-left.ts'

/** Reports counts one after another; returns the estimate after the last one. */
function estimate(counts: readonly (readonly [time: number, done: number])[], total: number): number | null {
  let recent: readonly Progress[] = []
  let left: number | null = null
  for (const [time, done] of counts) {
    recent = addProgress(recent, { time, done })
    left = recentTimeLeft(recent, { time, done }, total)
  }
  return left
}

test('the recent estimate is null at first, then follows the speed of the last seconds', () => {
  expect(estimate([[0, 0]], 1000)).toBeNull()
  const early = [
    [0, 0],
    [1000, 10],
  ] as const
  expect(estimate(early, 1000)).toBeNull()
  expect(estimate([...early, [2000, 20]], 1000)).toBe(98_000)
})

test('images that were counted quickly at the start are forgotten', () => {
  const seconds = Array.from({ length: 31 }, (_, i) => [(i + 1) * 1000, 1000 + (i + 1) * 10] as const)
  expect(estimate([[0, 0], [500, 1000], ...seconds], 2000)).toBeCloseTo(69_000)
})

test('a count that does not grow has no estimate', () => {
  expect(
    estimate(
      [
        [0, 5],
        [5000, 5],
      ],
      10,
    ),
  ).toBeNull()
})

test('the mean speed between two moments gives the time left, which is never negative', () => {
  expect(timeLeft({ time: 1000, done: 0 }, { time: 3000, done: 4 }, 10)).toBe(3000)
  expect(timeLeft({ time: 1000, done: 0 }, { time: 3000, done: 12 }, 10)).toBe(0)
  expect(timeLeft({ time: 1000, done: 4 }, { time: 3000, done: 4 }, 10)).toBeNull()
})

test('the completed share gives the time left, once it is large enough', () => {
  expect(timeLeftAt(1000, 0.01)).toBeNull()
  expect(timeLeftAt(1000, 0.25)).toBe(3000)
  expect(timeLeftAt(1000, 1)).toBe(0)
})
