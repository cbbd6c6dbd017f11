import fc from 'fast-check'
import { expect, it } from 'vitest'
import { byCodePoint, byNumber, isInteger } from './class-order.ts'

const codePoints = (text: string) => [...text].map((one) => one.codePointAt(0) ?? 0)

/** Python's comparison of two texts: by the first code point that differs, then by length. */
function asPython(a: string, b: string): number {
  const [left, right] = [codePoints(a), codePoints(b)]
  const at = left.findIndex((point, i) => point !== right[i])
  if (at < 0) return left.length - right.length
  return at < right.length ? left[at] - right[at] : 1
}

it('orders text by code points, also beyond UTF-16’s first plane', () => {
  // U+FF5E is before U+1F600, whose UTF-16 form begins with U+D83D.
  expect(['\u{1F600}', '\uFF5E', 'z', 'Z', '10', '2', 'ä'].sort(byCodePoint)).toEqual([
    ...['10', '2', 'Z', 'z', 'ä', '\uFF5E', '\u{1F600}'],
  ])
  const unit = fc.constantFrom('a', 'b', '\uD7FF', '\uE000', '\uFFFD', '\u{10000}', '\u{1F600}', '\u{10FFFF}')
  const text = fc.array(unit, { maxLength: 4 }).map((parts) => parts.join(''))
  fc.assert(fc.property(text, text, (a, b) => Math.sign(byCodePoint(a, b)) === Math.sign(asPython(a, b))))
})

it('orders whole numbers of any length by value', () => {
  const ids = ['11', '2', '-1', '0', '10', '007', '7', '123456789012345678901', '123456789012345678900']
  expect(ids.every(isInteger)).toBe(true)
  expect(ids.sort(byNumber)).toEqual([
    ...['-1', '0', '2', '007', '7', '10', '11', '123456789012345678900', '123456789012345678901'],
  ])
  expect(['1.5', '1e3', '', ' 1', '0x10', 'n01'].some(isInteger)).toBe(false)
})
