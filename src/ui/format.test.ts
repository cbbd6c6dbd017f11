import { expect, test } from 'vitest'
import { alphaText, bytes, decimal, duration, index, plural, rate } from './format.ts'

test('numbers are formatted for reading', () => {
  expect([0, 1023, 1536, 2.4e9].map(bytes)).toEqual(['0 B', '1023 B', '1.5 KiB', '2.2 GiB'])
  expect([900, 12_000, 200_000, 7_500_000].map(duration)).toEqual(['1 s', '12 s', '3 min 20 s', '2 h 05 min'])
  expect([-20, 0, 0.05, -0.1].map(alphaText)).toEqual(['−20', '0', '0.05', '−0.1'])
  expect([0.414, -0.02, 1, Number.NaN].map(index)).toEqual(['.41', '−.02', '1.00', '–'])
  expect([-0.0174, 2.5, 3.7460164e16, -4e6, Number.POSITIVE_INFINITY].map((value) => decimal(value, 3))).toEqual([
    '−0.017',
    '2.500',
    '3.7e16',
    '−4.0e6',
    '–',
  ])
  expect([4.26, 1234.4].map(rate)).toEqual(['4.3', '1,234'])
  expect([plural(1, 'file'), plural(2, 'file')]).toEqual(['1 file', '2 files'])
})
