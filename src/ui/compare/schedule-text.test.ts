import { expect, test } from 'vitest'
import { scheduleText } from './schedule-text.ts'

test('a schedule names each window', () => {
  const windows = [
    { fromEpoch: 2, toEpoch: 5, alpha: -2 },
    { fromEpoch: 8, toEpoch: 10, alpha: 1 },
  ]
  expect(scheduleText(windows)).toBe('epochs 2–5: α −2; 8–10: α 1')
  expect(scheduleText([])).toBe('none')
})
