import { expect, test } from 'vitest'
import { timesOf } from './open.mjs'

test('the page is interactive at the end of the last long task before two quiet seconds', () => {
  const tasks = [
    [100, 150],
    [420, 80],
    [900, 130],
    [3400, 500],
  ]
  expect(timesOf({ tasks, paint: 400, now: 4000 })).toEqual({ paint: 400, interactive: 1030, blocking: 30 + 80 })
})

test('without a long task the page is interactive when it is painted, once two seconds were quiet', () => {
  expect(timesOf({ tasks: [], paint: 300, now: 2300 })).toEqual({ paint: 300, interactive: 300, blocking: 0 })
  expect(timesOf({ tasks: [], paint: 300, now: 2299 })).toBeNull()
  expect(timesOf({ tasks: [[2000, 60]], paint: 300, now: 2500 })).toBeNull()
})
