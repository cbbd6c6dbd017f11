import { expect, test } from 'vitest'
import { createThrottle } from './throttle.ts'

test('a throttle answers true once per interval', () => {
  let now = 0
  const due = createThrottle(50, () => now)
  const at = (time: number) => {
    now = time
    return due()
  }
  expect([0, 10, 49, 50, 99, 100, 170].map(at)).toEqual([true, false, false, true, false, true, true])
  now = 0
  const later = createThrottle(50, () => now, 0)
  expect(later()).toBe(false)
  now = 50
  expect(later()).toBe(true)
})
