/** A table of measurements in a run folder, written as it grows. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Cells, createTable, type Table, type TableSpec } from '../runs/tables.ts'
import { UsageError } from './arguments.ts'
import { replaceFile } from './disk.ts'

export interface RunTable extends Table {
  readonly path: string
  /** Writes the file anew, where there is a row. */
  readonly save: () => void
}

/** Milliseconds between two writes of a growing table. */
const pause = 2000

/** Opens a table, with the rows that are there already. Throws UsageError for a file that is no such table. */
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

/** Runs `work`, and keeps what it has put into the table also when it fails or is stopped. */
export async function keeping<T>(table: RunTable, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    table.save()
  }
}
