/** Tidy tables that measurements add to a run: one row an observation, named by the table's key columns. */
import { csvFormat, csvParse } from 'd3-dsv'

export interface TableSpec {
  /** File in the run's folder. */
  readonly file: string
  readonly key: readonly string[]
  readonly values: readonly string[]
}

/** What was measured: the checkpoint's file and epoch (empty where not known), on which data, how many held-out images. */
const measuredOn = ['checkpoint', 'data'] as const

export const tables = {
  /** Cumulative ablation: n units (a share of them) of every site of a module at once; draw counts the random orders. */
  curves: {
    file: 'ablation-curves.csv',
    key: [...measuredOn, 'module', 'order', 'draw', 'mode', 'seed', 'n'],
    values: ['epoch', 'share', 'loss', 'top1', 'top5'],
  },
  /** Units ablated one at a time; increases and drops are harm. preferredClass is the index into the run's classes. */
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
  /** affineDeviation; gateConstancy and readOut by site; crossLayerCorrelation and its control by site, other and k. */
  linearity: {
    file: 'linearity.csv',
    key: [...measuredOn, 'measure', 'site', 'other', 'k'],
    values: ['epoch', 'value'],
  },
  /** Indices of class selectivity, with the mean under shuffled labels. */
  indices: {
    file: 'indices.csv',
    key: [...measuredOn, 'module', 'site', 'unit', 'index'],
    values: ['epoch', 'value', 'floor'],
  },
} as const satisfies Readonly<Record<string, TableSpec>>

/** Their names, in the order of the files. */
export const measuredTables = Object.keys(tables) as readonly (keyof typeof tables)[]

/** Texts of the tables, as CSV; one without rows is left out. */
export type MeasuredTexts = Readonly<Partial<Record<keyof typeof tables, string>>>

/** The same as files. */
export const tableFiles = (texts: MeasuredTexts): [file: string, text: string][] =>
  measuredTables.flatMap((name) => {
    const text = texts[name]
    return text ? [[tables[name].file, text]] : []
  })

export type Row = Readonly<Record<string, string>>

/** Cells of a row; a number that is none is an empty cell. */
export type Cells = Readonly<Record<string, string | number>>

/** The rows of a table at one time. */
export interface TableView {
  readonly rows: () => readonly Row[]
  /** As CSV. */
  readonly text: () => string
}

export interface Table extends TableView {
  readonly rows: () => Row[]
  /** Whether there is a row of this key. */
  readonly has: (key: Cells) => boolean
  /** Adds a row, or replaces that of its key. Throws Error when a column is missing. */
  readonly put: (cells: Cells) => void
  /** The rows so far, which later rows do not change. */
  readonly view: () => TableView
}

const columnsOf = ({ key, values }: TableSpec): string[] => [...key, ...values]

const cell = (value: string | number): string =>
  typeof value === 'number' && !Number.isFinite(value) ? '' : `${value}`

function rowOf(spec: TableSpec, cells: Cells): Row {
  const missing = columnsOf(spec).find((column) => cells[column] === undefined)
  if (missing) throw new Error(`no ${missing} for a row of ${spec.file}`)
  return Object.fromEntries(columnsOf(spec).map((column) => [column, cell(cells[column])]))
}

/** A table with the rows of a file's text. Throws Error when the text has other columns. */
export function createTable(spec: TableSpec, text = ''): Table {
  const name = (cells: Cells) => spec.key.map((column) => cell(cells[column])).join('\t')
  const parsed = csvParse(text)
  const expected = columnsOf(spec).join()
  if (text !== '' && parsed.columns.join() !== expected) {
    throw new Error(`${spec.file} has other columns than ${expected}; move it away to measure anew`)
  }
  const rows = new Map(parsed.map((row) => [name(row as Row), { ...row } as Row]))
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
