/** Append-only columns of 64-bit floats that grow by doubling. Row i of every column belongs to the same step. */
export interface Columns<K extends string> {
  readonly length: number
  /** The same for the growing columns and all of their views: the rows that two of them both have are equal. */
  readonly origin: object
  /** The values of the first `length` rows. */
  readonly column: (key: K) => Float64Array
}

export interface GrowingColumns<K extends string> extends Columns<K> {
  readonly append: (row: Readonly<Record<K, number>>) => void
  /** The rows so far. Rows that are appended later do not change it. Copies nothing. */
  readonly view: () => Columns<K>
  /** New columns with a copy of the first rows. */
  readonly first: (rows: number) => GrowingColumns<K>
}

const smallest = 1024

export function createColumns<K extends string>(keys: readonly K[]): GrowingColumns<K> {
  return columnsOf(new Map(keys.map((key) => [key, new Float64Array(smallest)])), 0)
}

function copied<K>(columns: ReadonlyMap<K, Float64Array>, rows: number, capacity: number): Map<K, Float64Array> {
  const copy = (values: Float64Array) => {
    const wider = new Float64Array(capacity)
    wider.set(values.subarray(0, rows))
    return wider
  }
  return new Map([...columns].map(([key, values]) => [key, copy(values)]))
}

function columnsOf<K extends string>(begun: ReadonlyMap<K, Float64Array>, rowsBefore: number): GrowingColumns<K> {
  let columns = begun
  let length = rowsBefore
  const origin = {}
  const rowsOf = (key: K, rows: number) => (columns.get(key) as Float64Array).subarray(0, rows)
  const capacityOf = () => [...columns.values()][0].length
  return {
    get length() {
      return length
    },
    origin,
    column: (key) => rowsOf(key, length),
    view: () => {
      const rows = length
      return { length: rows, origin, column: (key) => rowsOf(key, rows) }
    },
    append: (row) => {
      if (length === capacityOf()) columns = copied(columns, length, 2 * capacityOf())
      // JSON stores NaN as null, which an array of numbers would turn into 0.
      for (const [key, values] of columns) values[length] = row[key] ?? Number.NaN
      length++
    },
    first: (rows) => columnsOf(copied(columns, rows, Math.max(smallest, capacityOf())), Math.min(rows, length)),
  }
}
