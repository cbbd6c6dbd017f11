/** Append-only columns of 64-bit floats that grow by doubling. Row i of every column belongs to the same step. */
export interface Columns<K extends string> {
  readonly length: number
  /** The column's `length` values. The array is replaced as the column grows, so read it again for each drawing. */
  readonly column: (key: K) => Float64Array
  readonly append: (row: Readonly<Record<K, number>>) => void
}

export function createColumns<K extends string>(keys: readonly K[]): Columns<K> {
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
  return {
    get length() {
      return length
    },
    column: (key) => (columns.get(key) as Float64Array).subarray(0, length),
    append: (row) => {
      if (length === capacity) grow()
      for (const [key, values] of columns) values[length] = row[key]
      length++
    },
  }
}
