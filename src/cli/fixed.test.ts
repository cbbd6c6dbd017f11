import { expect, it } from 'vitest'
import { fixed } from './fixed.ts'

it('shows a dash where there is no number', () => {
  expect([0.12345, -2, 0].map((value) => fixed(value))).toEqual(['0.123', '-2.000', '0.000'])
  expect(fixed(0.12345, 4)).toBe('0.1235')
  expect([fixed(Number.NaN), fixed(null)]).toEqual(['–', '–'])
})
