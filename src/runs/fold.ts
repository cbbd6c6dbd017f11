/** Values that are computed from the rows of columns in order, and kept up to date with the work of the new rows alone. */
import type { Columns } from './columns.ts'

export interface Fold<K extends string, S, R> {
  /** The state before the first row. */
  readonly begin: () => S
  /** Takes the rows from `from` on into the state, in place. */
  readonly add: (state: S, columns: Columns<K>, from: number) => void
  /** The result after the rows so far. Rows that are added later must not change it. */
  readonly result: (state: S, columns: Columns<K>) => R
}

/**
 * Returns the function of columns that a fold defines. For columns that have grown since it was last called, it takes only the
 * new rows; for an earlier view of them, all rows of that view.
 */
export function folded<K extends string, S, R>({ begin, add, result }: Fold<K, S, R>): (columns: Columns<K>) => R {
  const states = new WeakMap<object, { readonly state: S; rows: number }>()
  const results = new WeakMap<Columns<K>, { readonly rows: number; readonly value: R }>()
  const stateFor = ({ origin, length }: Columns<K>) => {
    const known = states.get(origin)
    if (known && known.rows <= length) return known
    const fresh = { state: begin(), rows: 0 }
    if (!known) states.set(origin, fresh)
    return fresh
  }
  return (columns) => {
    const { length } = columns
    const known = results.get(columns)
    if (known?.rows === length) return known.value
    const kept = stateFor(columns)
    if (kept.rows < length) add(kept.state, columns, kept.rows)
    kept.rows = length
    const value = result(kept.state, columns)
    results.set(columns, { rows: length, value })
    return value
  }
}

/** An array of numbers that grows by doubling. */
export interface GrowingNumbers {
  values: Float64Array
}

export const growingNumbers = (): GrowingNumbers => ({ values: new Float64Array(1024) })

/** Makes room for so many numbers. Views of the array before keep their values. */
export function reserve(numbers: GrowingNumbers, length: number): void {
  if (length <= numbers.values.length) return
  const wider = new Float64Array(Math.max(length, 2 * numbers.values.length))
  wider.set(numbers.values)
  numbers.values = wider
}
