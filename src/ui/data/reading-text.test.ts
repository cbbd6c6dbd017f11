import { expect, test } from 'vitest'
import { auditText, listingText } from './reading-text.ts'

test('shows the number of files', () => {
  expect(listingText(0)).toBe('Listing files…')
  expect(listingText(12345)).toBe('12,345 files found…')
})

test('shows how many images were checked, with the time left', () => {
  expect(auditText({ done: 5, total: 5000, left: null }, false)).toBe('5 of 5,000 images checked')
  expect(auditText({ done: 5, total: 5000, left: 80_000 }, false)).toBe('5 of 5,000 images checked, 1 min 20 s left')
  expect(auditText({ done: 5, total: 5000, left: 80_000 }, true)).toBe(
    '5 of 5,000 images checked, slowly while the run trains',
  )
})
