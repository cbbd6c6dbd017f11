import { expect, test } from 'vitest'
import { readingText } from './reading-text.ts'

test('shows the number of files, then of images with the time left', () => {
  const start = { done: 0, total: 0, left: null, skipping: false }
  expect(readingText(start)).toBe('Listing files…')
  expect(readingText({ ...start, done: 12345 })).toBe('12,345 files found…')
  expect(readingText({ ...start, done: 5, total: 5000 })).toBe('5 of 5,000')
  expect(readingText({ ...start, done: 5, total: 5000, left: 80_000 })).toBe('5 of 5,000, 1 min 20 s left')
  expect(readingText({ ...start, done: 5, total: 5000, left: 80_000, skipping: true })).toBe(
    '5 of 5,000, skipping the rest',
  )
})
