/** The measurement tables of a run: tidy CSV with one row for each observation, identified by the key columns. */
import { csvFormat } from 'd3-dsv'
import { parseCsv } from './csv.ts'

export interface TableSpec {
  /** File in the run's folder. */
  readonly file: string
  readonly key: readonly string[]
  readonly values: readonly string[]
  /** Values of columns that earlier files lack. */
  readonly defaults?: Readonly<Record<string, string>>
}

/** The first key columns of every table: the checkpoint's file and the source of the images. */
const measuredOn = ['checkpoint', 'data'] as const

export const tables = {
  /** Cumulative ablation of n units (a share of them) in every site of a module at once. `draw` counts the random orders. */
  curves: {
    file: 'ablation-curves.csv',
    key: [...measuredOn, 'module', 'order', 'draw', 'mode', 'seed', 'n'],
    values: ['epoch', 'share', 'loss', 'top1', 'top5'],
  },
  /** Ablation of one unit at a time. Increases and drops measure harm. `preferredClass` is an index into the run's classes. */
  units: {
    file: 'ablation-units.csv',
    key: [...measuredOn, 'module', 'site', 'unit', 'mode'],
    values: [
      'epoch',
      'selectivity',
      'preferredClass',
      'loss',
      'top1',
      'top5',
      'preferredTop1',
      'lossIncrease',
      'top1Drop',
      'preferredTop1Drop',
    ],
  },
  /**
   * Measures: affineDeviation; gateConstancy and readOut by site; crossLayerCorrelation and its control by site, other and k.
   * `pairs` is the order in which images were read and paired: `seeded`, by a permutation that `seed` draws, or
   * `data-order`, the even with the odd images of the dataset.
   */
  linearity: {
    file: 'linearity.csv',
    key: [...measuredOn, 'measure', 'site', 'other', 'k', 'pairs'],
    values: ['epoch', 'value', 'seed'],
    // Earlier versions paired images in the order of the dataset.
    defaults: { pairs: 'data-order', seed: '' },
  },
  /** Indices of class selectivity, with their means under shuffled labels; empty for a unit without the index. */
  indices: {
    file: 'indices.csv',
    key: [...measuredOn, 'module', 'site', 'unit', 'index'],
    values: ['epoch', 'value', 'floor'],
  },
} as const satisfies Readonly<Record<string, TableSpec>>

/** The names of the tables, in the order of the files. */
export const measuredTables = Object.keys(tables) as readonly (keyof typeof tables)[]

/** The tables as CSV; a table without rows is absent. */
export type MeasuredTexts = Readonly<Partial<Record<keyof typeof tables, string>>>

/** The tables as files. */
export const tableFiles = (texts: MeasuredTexts): [file: string, text: string][] =>
  measuredTables.flatMap((name) => {
    const text = texts[name]
    return text ? [[tables[name].file, text]] : []
  })

export type Row = Readonly<Record<string, string>>

/** The number in a cell; NaN for an empty or missing cell. */
export const numberOf = (cell: string | undefined): number => (cell ? Number(cell) : Number.NaN)

/** The cells of a row by column; a number that is not finite becomes an empty cell. */
export type Cells = Readonly<Record<string, string | number>>

/** The rows of a table at one time. */
export interface TableView {
  readonly rows: () => readonly Row[]
  /** As CSV. */
  readonly text: () => string
}

export interface Table extends TableView {
  readonly rows: () => Row[]
  /** Whether the table has a row with this key. */
  readonly has: (key: Cells) => boolean
  /** Adds a row, or replaces the row with the same key. Throws Error for a missing column. */
  readonly put: (cells: Cells) => void
  /** The rows so far, which later rows do not change. */
  readonly view: () => TableView
}

const columnsOf = ({ key, values }: TableSpec): string[] => [...key, ...values]

/** The columns of files that an earlier version wrote. */
const earlierColumns = (spec: TableSpec): string[] =>
  columnsOf(spec).filter((column) => !Object.hasOwn(spec.defaults ?? {}, column))

const cell = (value: string | number): string =>
  typeof value === 'number' && !Number.isFinite(value) ? '' : `${value}`

function rowOf(spec: TableSpec, given: Cells): Row {
  const cells: Cells = { ...spec.defaults, ...given }
  const missing = columnsOf(spec).find((column) => cells[column] === undefined)
  if (missing) throw new Error(`missing ${missing} in a row of ${spec.file}`)
  return Object.fromEntries(columnsOf(spec).map((column) => [column, cell(cells[column])]))
}

/**
 * A table with the rows of a CSV text. A text of an earlier version gets the default values of its missing columns. Throws
 * Error when the text has other columns.
 */
export function createTable(spec: TableSpec, text = ''): Table {
  const name = (cells: Cells) => spec.key.map((column) => cell({ ...spec.defaults, ...cells }[column])).join('\t')
  const parsed = parseCsv(text)
  const expected = columnsOf(spec).join()
  const known = [expected, earlierColumns(spec).join()].includes(parsed.columns.join())
  if (text !== '' && !known) {
    throw new Error(`${spec.file} has other columns than ${expected}; move the file away to measure again`)
  }
  const rows = new Map(parsed.rows.map((row) => [name(row), rowOf(spec, row)]))
  const now = () => [...rows.values()]
  const textOf = (of: readonly Row[]) => `${csvFormat([...of], columnsOf(spec))}\n`
  return {
    rows: now,
    has: (key) => rows.has(name(key)),
    put: (cells) => rows.set(name(cells), rowOf(spec, cells)),
    text: () => textOf(now()),
    view: () => {
      const seen = now()
      return { rows: () => seen, text: () => textOf(seen) }
    },
  }
}

/** Rows of linearity.csv with one pairing for each checkpoint and dataset: `seeded` where it was measured, else `data-order`. */
export function inOnePairing(rows: readonly Row[]): Row[] {
  const place = ({ checkpoint, data }: Row) => [checkpoint, data].join('\t')
  const seeded = new Set(rows.filter(({ pairs }) => pairs === 'seeded').map(place))
  return rows.filter((row) => row.pairs === 'seeded' || !seeded.has(place(row)))
}
