/** The measurement tables of a run: tidy CSV with one row for each observation, identified by the key columns. */
import { csvFormat } from 'd3-dsv'
import { rowIdentity } from '../data-identity.ts'
import { type Csv, parseCsv } from './csv.ts'

export interface TableSpec {
  /** File in the run's folder. */
  readonly file: string
  readonly key: readonly string[]
  readonly values: readonly string[]
  /** Values of columns that earlier files lack. */
  readonly defaults?: Readonly<Record<string, string>>
}

/**
 * The first key columns of every table: the checkpoint's file; the source of the images; and the first digits of their
 * identity (`rowIdentity`), which is empty in rows of earlier versions.
 */
const measuredOn = ['checkpoint', 'data', 'fingerprint'] as const

const unknownData = { fingerprint: '' } as const

export const tables = {
  /** Cumulative ablation of n units (a share of them) in every site of a module at once. `draw` counts the random orders. */
  curves: {
    file: 'ablation-curves.csv',
    key: [...measuredOn, 'module', 'order', 'draw', 'mode', 'seed', 'n'],
    values: ['epoch', 'share', 'loss', 'top1', 'top5'],
    defaults: unknownData,
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
    defaults: unknownData,
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
    defaults: { ...unknownData, pairs: 'data-order', seed: '' },
  },
  /** Indices of class selectivity, with their means under shuffled labels; empty for a unit without the index. */
  indices: {
    file: 'indices.csv',
    key: [...measuredOn, 'module', 'site', 'unit', 'index'],
    values: ['epoch', 'value', 'floor'],
    defaults: unknownData,
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

/** Whether a file has the columns of this version, or of an earlier one, which lacked some that have defaults. */
function isKnown(spec: TableSpec, columns: readonly string[]): boolean {
  const found = new Set(columns)
  const own = columnsOf(spec).filter((column) => found.has(column) || !Object.hasOwn(spec.defaults ?? {}, column))
  return own.join() === columns.join()
}

const cell = (value: string | number): string =>
  typeof value === 'number' && !Number.isFinite(value) ? '' : `${value}`

function rowOf(spec: TableSpec, given: Cells): Row {
  const cells: Cells = { ...spec.defaults, ...given }
  const missing = columnsOf(spec).find((column) => cells[column] === undefined)
  if (missing) throw new Error(`missing ${missing} in a row of ${spec.file}`)
  return Object.fromEntries(columnsOf(spec).map((column) => [column, cell(cells[column])]))
}

/** The key of a row. A fingerprint identifies the images instead of their source. */
const keyText = ({ key }: TableSpec, cells: Cells): string =>
  key.map((column) => (column === 'data' && cells.fingerprint ? '' : cell(cells[column]))).join('\t')

/** A number as this program and most others write it, or an empty cell. */
const isNumeric = (cell: string) => cell === '' || (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(cell) && Number.isFinite(+cell))

/** What is wrong with a row of a file; null for a good one. A part of a number would be a wrong number. */
function rowProblem({ values }: TableSpec, { columns, rows, widths }: Csv, i: number): string | null {
  if (widths[i] !== columns.length) return `has ${widths[i]} cells instead of ${columns.length}`
  const other = values.find((column) => !isNumeric(rows[i][column] ?? ''))
  return other === undefined ? null : `: ${other} is no number: ${JSON.stringify(rows[i][other].slice(0, 40))}`
}

/** The rows of a CSV text. Throws Error for other columns, and for a damaged row. */
function parsedRows(spec: TableSpec, text: string): Csv['rows'] {
  if (text === '') return []
  const csv = parseCsv(text)
  const { file } = spec
  if (!isKnown(spec, csv.columns)) {
    throw new Error(`${file} has other columns than ${columnsOf(spec)}; move the file away to measure again`)
  }
  for (const i of csv.rows.keys()) {
    const problem = rowProblem(spec, csv, i)
    if (problem === null) continue
    const line = `line ${i + 2} of ${file}`
    throw new Error(`${line}${problem.startsWith(':') ? '' : ' '}${problem}; delete that line to measure it again`)
  }
  if (/[\r\n]$/.test(text)) return csv.rows
  throw new Error(`line ${csv.rows.length + 1} of ${file} is incomplete; delete that line to measure it again`)
}

/**
 * A table with the rows of a CSV text. A text of an earlier version gets the default values of its missing columns. Throws
 * Error when the text has other columns or a damaged row.
 */
export function createTable(spec: TableSpec, text = ''): Table {
  const name = (cells: Cells) => keyText(spec, { ...spec.defaults, ...cells })
  const rows = new Map(parsedRows(spec, text).map((row) => [name(row), rowOf(spec, row)]))
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

/** The images that a run was trained on. */
export interface OwnData {
  readonly source: string
  /** `identityOf` the images; '' when unknown. */
  readonly identity: string
}

/** Whether a row was measured on the run's own images, as far as it says so. */
const isOwn = (row: Row, { source, identity }: OwnData): boolean =>
  row.fingerprint && identity ? row.fingerprint === rowIdentity(identity) : row.data === source

/** Whether a row says that it was measured on other images than those of the run. */
export const isOnOtherData = (row: Row, own: OwnData): boolean => Boolean(row.fingerprint) && !isOwn(row, own)

/** Whether a table has a row on the run's own images, or one of an earlier version, which does not say on which. */
export const hasOwn = (table: Pick<Table, 'has'>, cells: Cells): boolean =>
  table.has(cells) || table.has({ ...cells, fingerprint: '' })

/**
 * The rows on the run's own images. Of rows that differ only in the source or the fingerprint, the last one with a
 * fingerprint.
 */
export function ownRows<R extends Row>(spec: TableSpec, rows: readonly R[], own: OwnData): R[] {
  const rest = spec.key.filter((column) => column !== 'data' && column !== 'fingerprint')
  const found = new Map<string, R>()
  for (const row of rows) {
    if (!isOwn(row, own)) continue
    const name = rest.map((column) => row[column] ?? '').join('\t')
    if (row.fingerprint || !found.get(name)?.fingerprint) found.set(name, row)
  }
  return [...found.values()]
}

/** Rows of linearity.csv with one pairing for each checkpoint and dataset: `seeded` where it was measured, else `data-order`. */
export function inOnePairing(rows: readonly Row[]): Row[] {
  const place = ({ checkpoint, data, fingerprint }: Row) => [checkpoint, fingerprint || data].join('\t')
  const seeded = new Set(rows.filter(({ pairs }) => pairs === 'seeded').map(place))
  return rows.filter((row) => row.pairs === 'seeded' || !seeded.has(place(row)))
}
