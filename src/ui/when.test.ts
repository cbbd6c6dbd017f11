import { expect, test } from 'vitest'
import { whenText } from './when.ts'

test('shows a time for today, else a date, with the year if it is not the current one', () => {
  const now = new Date(2026, 0, 31, 15, 0).getTime()
  expect(whenText(new Date(2026, 0, 31, 9, 5).getTime(), now)).toBe('09:05')
  expect(whenText(new Date(2026, 0, 30, 9, 5).getTime(), now)).toBe('Jan 30')
  expect(whenText(new Date(2025, 11, 24).getTime(), now)).toBe('Dec 24, 2025')
})
