/** `parquet RUN… --out DIR`: writes units over time and the measurement tables as Parquet. */
import { join } from 'node:path'
import { probesWithUnits } from '../runs/logged.ts'
import { parquetName, type RunRows, tablePieces } from '../runs/parquet-tables.ts'
import { type RunProbe, unitPieces, unitsFile } from '../runs/parquet-units.ts'
import { measuredTables, type TableSpec, tables } from '../runs/tables.ts'
import { parseArgsWithPaths, required, UsageError } from './arguments.ts'
import { type FoundRuns, findRuns } from './find-runs.ts'
import { parquetFlags } from './flags.ts'
import { createFolder } from './folder.ts'
import { openRun, rowsOf } from './read-run.ts'
import { print, progress, say } from './terminal.ts'
import { writePieces } from './write-result.ts'

interface Written {
  readonly file: string
  readonly rows: number
  readonly bytes: number
}

/** Iterates over `items` again, from the first one on; null where there is none. */
async function nonEmpty<T>(items: AsyncGenerator<T>): Promise<AsyncGenerator<T> | null> {
  const first = await items.next()
  if (first.done) return null
  return (async function* () {
    yield first.value
    yield* items
  })()
}

/** Writes a file and counts its bytes. Rejects with UsageError for values that have no place in it, and where the disk refuses. */
async function write(path: string, pieces: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0
  async function* counted() {
    for await (const piece of pieces) {
      bytes += piece.length
      yield piece
    }
  }
  try {
    await writePieces(path, counted())
    return bytes
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`cannot write ${path} (${error.message})`) : error
  }
}

async function* probesOf({ runs, isOne }: FoundRuns, count: (rows: number) => void): AsyncGenerator<RunProbe> {
  const report = progress({ label: 'Reading probes', unit: 'probes' })
  let probes = 0
  for (const found of runs)
    for await (const probe of probesWithUnits(await openRun(found))) {
      count(probe.sites.reduce((sum, { selectivity }) => sum + selectivity.length, 0))
      yield { run: isOne ? null : found.name, probe }
      report(++probes, 0)
    }
}

async function* tableRows({ runs, isOne }: FoundRuns, spec: TableSpec, count: (rows: number) => void) {
  for (const found of runs) {
    const rows = await rowsOf(found, spec)
    if (rows.length === 0) continue
    count(rows.length)
    yield { run: isOne ? null : found.name, rows } satisfies RunRows
  }
}

/** Writes the items, if there are any. */
async function writeItems<T>(
  path: string,
  items: (count: (rows: number) => void) => AsyncGenerator<T>,
  piecesOf: (items: AsyncGenerator<T>) => AsyncIterable<Uint8Array>,
): Promise<Written[]> {
  let rows = 0
  const found = await nonEmpty(items((more) => (rows += more)))
  if (!found) return []
  const bytes = await write(path, piecesOf(found))
  say(`Written: ${path}`)
  return [{ file: path, rows, bytes }]
}

async function writeAll(found: FoundRuns, out: string): Promise<Written[]> {
  const withRun = !found.isOne
  const units = await writeItems(
    join(out, unitsFile),
    (count) => probesOf(found, count),
    (probes) => unitPieces(probes, { withRun }),
  )
  if (units.length === 0)
    say('Note: no selectivity of single units was recorded; a zip made by pack without --units has none.')
  const written = [...units]
  for (const table of measuredTables)
    written.push(
      ...(await writeItems(
        join(out, parquetName(tables[table])),
        (count) => tableRows(found, tables[table], count),
        (rows) => tablePieces(tables[table], rows, { withRun }),
      )),
    )
  return written
}

export async function parquet(args: string[]): Promise<number> {
  const { values, positionals } = parseArgsWithPaths(args, parquetFlags)
  const out = required(values.out, 'out')
  await using found = await findRuns(positionals)
  createFolder(out)
  const written = await writeAll(found, out)
  if (written.length === 0)
    throw new UsageError(`nothing to write: ${positionals.join(', ')} has neither units nor tables`)
  if (values.json) print(JSON.stringify({ files: written }))
  else {
    const line = ({ file, rows, bytes }: Written) => `${file}: ${rows} rows, ${(bytes / 1000).toFixed(0)} kB`
    print(written.map(line).join('\n'))
  }
  return 0
}
