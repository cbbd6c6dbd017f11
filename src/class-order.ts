/**
 * How the classes of a dataset are ordered. The order numbers them: class i is row i of the classifier. A run's classes have
 * the order `selected` when data.classes selects them in another order than the dataset's.
 */
export type ClassOrder = 'listed' | 'numeric' | 'name'
export type RunClassOrder = ClassOrder | 'selected'

/** The order in words, after "Classes are ordered". */
export const classOrderTexts: Readonly<Record<RunClassOrder, string>> = {
  listed: 'as the source lists them',
  numeric: 'by number',
  name: 'by name, as in torchvision',
  selected: 'as selected in data.classes',
}

/** Surrogates stand for code points beyond all other units, so they go behind them. */
const rankOf = (unit: number) => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)

/** Compares by code points, as Python's `sorted` does. JavaScript compares by UTF-16 units. */
export function byCodePoint(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (left !== right) return rankOf(left) - rankOf(right)
  }
  return a.length - b.length
}

const integer = /^[+-]?\d+$/
export const isInteger = (id: string): boolean => integer.test(id)

/** Compares whole numbers of any length by value, and equal ones by text. */
export function byNumber(a: string, b: string): number {
  const [left, right] = [BigInt(a), BigInt(b)]
  return left === right ? byCodePoint(a, b) : left < right ? -1 : 1
}
