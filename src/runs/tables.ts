/** The measurement tables of a run: tidy CSV with one row for each observation, identified by the key columns. */
import { csvFormat, csvParse } from 'd3-dsv'

export interface TableSpec {
  /** File in the run's folder. */
  readonly file: string
  readonly key: readonly string[]
  readonly values: readonly string[]
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
  /** Measures: affineDeviation; gateConstancy and readOut by site; crossLayerCorrelation and its control by site, other and k. */
  linearity: {
    file: 'linearity.csv',
    key: [...measuredOn, 'measure', 'site', 'other', 'k'],
    values: ['epoch', 'value'],
  },
  /** Indices of class selectivity, with their means under shuffled labels. */
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

export interface Table {
  readonly rows: () => Row[]
  /** Whether the table has a row with this key. */
  readonly has: (key: Cells) => boolean
  /** Adds a row, or replaces the row with the same key. Throws Error for a missing column. */
  readonly put: (cells: Cells) => void
  readonly text: () => string
}

const columnsOf = ({ key, values }: TableSpec): string[] => [...key, ...values]

const cell = (value: string | number): string =>
  typeof value === 'number' && !Number.isFinite(value) ? '' : `${value}`

function rowOf(spec: TableSpec, cells: Cells): Row {
  const missing = columnsOf(spec).find((column) => cells[column] === undefined)
  if (missing) throw new Error(`missing ${missing} in a row of ${spec.file}`)
  return Object.fromEntries(columnsOf(spec).map((column) => [column, cell(cells[column])]))
}

/** A table with the rows of a CSV text. Throws Error when the text has other columns. */
export function createTable(spec: TableSpec, text = ''): Table {
  const name = (cells: Cells) => spec.key.map((column) => cell(cells[column])).join('\t')
  const parsed = csvParse(text)
  const expected = columnsOf(spec).join()
  if (text !== '' && parsed.columns.join() !== expected) {
    throw new Error(`${spec.file} has other columns than ${expected}; move the file away to measure again`)
  }
  const rows = new Map(parsed.map((row) => [name(row as Row), { ...row } as Row]))
  return {
    rows: () => [...rows.values()],
    has: (key) => rows.has(name(key)),
    put: (cells) => rows.set(name(cells), rowOf(spec, cells)),
    text: () => `${csvFormat([...rows.values()], columnsOf(spec))}\n`,
  }
}
