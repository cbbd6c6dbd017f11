/** The measurement tables as Parquet. */
import { type Column, parquetPieces, type RowGroup } from './parquet.ts'
import type { Row, TableSpec } from './tables.ts'

/** The rows of a table and their run. */
export interface RunRows {
  /** The value of the column `run`; null for a file of one run, which has no such column. */
  readonly run: string | null
  readonly rows: readonly Row[]
}

const texts = new Set(
  'checkpoint,data,fingerprint,module,order,mode,site,measure,other,pairs,index'.split(',') as readonly string[],
)
// A seed has up to 32 bits without a sign.
const wholes = new Set(['draw', 'n', 'unit', 'preferredClass', 'k', 'seed'])

const typeOf = (name: string) => (texts.has(name) ? 'STRING' : wholes.has(name) ? 'INT64' : 'DOUBLE')

/** The name of a table's Parquet file. */
export const parquetName = ({ file }: TableSpec): string => file.replace(/\.csv$/, '.parquet')

/** The value of a cell: null for an empty one. Throws RangeError for text in a column of numbers. */
function cellValue(cell: string, name: string, { file }: TableSpec): string | number | bigint | null {
  if (cell === '') return null
  const type = typeOf(name)
  if (type === 'STRING') return cell
  const number = Number(cell)
  if (type === 'INT64' && Number.isSafeInteger(number)) return BigInt(number)
  if (type === 'DOUBLE' && Number.isFinite(number)) return number
  throw new RangeError(`invalid ${name} in ${file}: ${cell}; it must be a ${type === 'INT64' ? 'whole ' : ''}number`)
}

async function* rowGroups(spec: TableSpec, names: readonly string[], runs: AsyncIterable<RunRows>) {
  for await (const { run, rows } of runs) {
    if (rows.length === 0) continue
    const columns = names.map((name) => [name, rows.map((row) => cellValue(row[name], name, spec))])
    yield { ...Object.fromEntries(columns), run: rows.map(() => run) } satisfies RowGroup
  }
}

/** The rows of a table as the bytes of a Parquet file, with a group of rows for each run. An empty cell is null. */
export function tablePieces(
  spec: TableSpec,
  runs: AsyncIterable<RunRows>,
  options: { readonly withRun: boolean },
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const names = [...spec.key, ...spec.values]
  const columns: Column[] = names.map((name) => ({ name, type: typeOf(name) }))
  const run: Column = { name: 'run', type: 'STRING', nullable: false }
  return parquetPieces(options.withRun ? [run, ...columns] : columns, rowGroups(spec, names, runs))
}
