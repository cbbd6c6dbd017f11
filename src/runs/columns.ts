/** Append-only columns of 64-bit floats that grow by doubling. Row i of every column belongs to the same step. */
export interface Columns<K extends string> {
  readonly length: number
  /** The values of the first `length` rows. */
  readonly column: (key: K) => Float64Array
}

export interface GrowingColumns<K extends string> extends Columns<K> {
  readonly append: (row: Readonly<Record<K, number>>) => void
  /** The rows so far. Rows that are appended later do not change it. Copies nothing. */
  readonly view: () => Columns<K>
}

export function createColumns<K extends string>(keys: readonly K[]): GrowingColumns<K> {
  let capacity = 1024
  let length = 0
  const columns = new Map(keys.map((key) => [key, new Float64Array(capacity)]))
  const grow = () => {
    capacity *= 2
    for (const [key, old] of columns) {
      const wider = new Float64Array(capacity)
      wider.set(old)
      columns.set(key, wider)
    }
  }
  const first = (key: K, rows: number) => (columns.get(key) as Float64Array).subarray(0, rows)
  return {
    get length() {
      return length
    },
    column: (key) => first(key, length),
    view: () => {
      const rows = length
      return { length: rows, column: (key) => first(key, rows) }
    },
    append: (row) => {
      if (length === capacity) grow()
      // JSON stores NaN as null, which an array of numbers would turn into 0.
      for (const [key, values] of columns) values[length] = row[key] ?? Number.NaN
      length++
    },
  }
}
