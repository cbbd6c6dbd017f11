import { expect, test } from 'vitest'
import { report } from '../../testing/events.ts'
import { checkedText, colorsText, formatsText, perClassText, sizesText } from './facts.ts'

test('facts as text', () => {
  expect(sizesText(report.sizes)).toBe('32 × 32 px')
  expect(sizesText({ ...report.sizes, maxWidth: 4000 })).toBe('32–4,000 × 32 px')
  expect(sizesText({ ...report.sizes, maxWidth: 0 })).toBeNull()
  expect(colorsText({ grey: 3, cmyk: 0, palette: 1200 })).toBe('3 grey, 1,200 palette')
  expect(formatsText({ other: 1, png: 2, jpeg: 500 })).toBe('500 JPEG, 2 PNG, 1 other')
  expect(checkedText(report)).toBe('all')
  expect(checkedText({ ...report, checked: 5 })).toBe('5 of 36')
})

test('images per class', () => {
  expect(perClassText(report.classes)).toBe('10 each')
  expect(perClassText([1, 2000, 4].map((train, i) => ({ ...report.classes[i], train })))).toBe('1–2,000, median 4')
})
