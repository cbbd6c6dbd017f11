/** A table of measurements in a run folder, written as it grows. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Measuring } from '../analysis/rows.ts'
import { type Cells, createTable, type Row, type Table, type TableSpec } from '../runs/tables.ts'
import { UsageError } from './arguments.ts'
import { replaceFile } from './disk.ts'
import { say } from './terminal.ts'

export interface RunTable extends Table {
  readonly path: string
  /** Writes the file; does nothing while the table has no row. */
  readonly save: () => void
}

/** Milliseconds between two writes of a growing table. */
const pause = 2000

/** Opens a table with the rows of its file, if there is one. Throws UsageError for a file that is no such table. */
export function openRunTable(folder: string, spec: TableSpec): RunTable {
  const path = join(folder, spec.file)
  const table = parsed(spec, existsSync(path) ? readFileSync(path, 'utf8') : '')
  let saved = Date.now()
  const save = () => {
    if (table.rows().length === 0) return
    replaceFile(path, Buffer.from(table.text()))
    saved = Date.now()
  }
  const put = (cells: Cells) => {
    table.put(cells)
    if (Date.now() - saved > pause) save()
  }
  return { ...table, put, path, save }
}

function parsed(spec: TableSpec, text: string): Table {
  try {
    return createTable(spec, text)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/**
 * Puts the rows of a measurement into a table and returns the measurement's result. Saves the table in the end, also after
 * a failure.
 */
export async function fillTable<R>(table: RunTable, rows: Measuring<R>): Promise<R> {
  try {
    for (;;) {
      const next = await rows.next()
      if (next.done) return next.value
      await putOrEnd(table, next.value.cells, rows)
    }
  } finally {
    table.save()
  }
}

/** A row that the table refuses ends the measurement, so that it frees its network. */
async function putOrEnd<R>(table: RunTable, cells: Cells, rows: Measuring<R>): Promise<void> {
  try {
    table.put(cells)
  } catch (error) {
    await rows.throw(error)
  }
}

/** The same, and says where the rows are. Returns undefined where the user stopped it; the command can then be repeated. */
export async function fillOrStop<R>(table: RunTable, signal: AbortSignal, rows: Measuring<R>): Promise<R | undefined> {
  try {
    const result = await fillTable(table, rows)
    say(`Written: ${table.path}`)
    return result
  } catch (error) {
    if (!signal.aborted) throw error
    say(`Stopped. ${table.path} has the results so far; the same command resumes.`)
    return undefined
  }
}

/** The rows with these cells. */
export const rowsWith = (table: Table, cells: Cells): Row[] =>
  table.rows().filter((row) => Object.entries(cells).every(([column, value]) => row[column] === `${value}`))
