import { expect, test } from 'vitest'
import { createTimeLeft } from './time-left.ts'

test('nothing is said at first, then what the speed of the last seconds gives', () => {
  const left = createTimeLeft()
  expect(left.add(0, 0, 1000)).toBeNull()
  expect(left.add(1000, 10, 1000)).toBeNull()
  expect(left.add(2000, 20, 1000)).toBe(98_000)
})

test('images that went by quickly are forgotten', () => {
  const left = createTimeLeft()
  left.add(0, 0, 2000)
  left.add(500, 1000, 2000)
  for (let second = 1; second <= 30; second++) left.add(second * 1000, 1000 + second * 10, 2000)
  expect(left.add(31_000, 1310, 2000)).toBeCloseTo(69_000)
})

test('a count that stands still has no end', () => {
  const left = createTimeLeft()
  left.add(0, 5, 10)
  expect(left.add(5000, 5, 10)).toBeNull()
})
