/** A table of measurements in a run folder, written as it grows. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Measuring } from '../analysis/rows.ts'
import { rowIdentity } from '../data-identity.ts'
import { messageOf } from '../message.ts'
import {
  type Cells,
  createTable,
  hasOwn,
  type OwnData,
  ownRows,
  type Row,
  type Table,
  type TableSpec,
} from '../runs/tables.ts'
import { readInput, UsageError } from './arguments.ts'
import { removeParts, replaceFile } from './disk.ts'
import { lock } from './lock.ts'
import { say } from './terminal.ts'

/** Disposing of it lets other processes write the table. */
export interface RunTable extends Table, Disposable {
  readonly spec: TableSpec
  readonly path: string
  /** Writes the file; does nothing while the table has no row. */
  readonly save: () => void
}

/** Milliseconds between two writes of a growing table. */
const pause = 2000

/** The table of a run folder, without rows where there is no file. Throws UsageError for a file that is no such table. */
export function readRunTable(folder: string, spec: TableSpec): Table {
  const path = join(folder, spec.file)
  const text = existsSync(path) ? readInput(path, 'table').toString('utf8') : ''
  try {
    return createTable(spec, text)
  } catch (error) {
    throw new UsageError(`cannot use ${path}: ${messageOf(error)}`)
  }
}

/**
 * Opens a table for writing, with the rows of its file, if there is one. Throws UsageError for a file that is no such table,
 * and while another process writes it.
 */
export function openRunTable(folder: string, spec: TableSpec): RunTable {
  const path = join(folder, spec.file)
  const own = lock(`${path}.lock`, path)
  try {
    removeParts([path])
    const table = readRunTable(folder, spec)
    return { ...growing(table, path), spec, path, [Symbol.dispose]: own[Symbol.dispose] }
  } catch (error) {
    own[Symbol.dispose]()
    throw error
  }
}

function growing(table: Table, path: string): Table & Pick<RunTable, 'save'> {
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
  return { ...table, put, save }
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

/** The images that a measurement reads, and those that the run was trained on. */
export interface OnImages {
  /** Identifies the images that are read. */
  readonly identity: string
  readonly own: OwnData
}

const areOwn = ({ identity, own }: OnImages): boolean => identity === own.identity

/** Whether a row was measured before, on the same images. */
export const isMeasured = (table: Table, images: OnImages, cells: Cells): boolean =>
  areOwn(images) ? hasOwn(table, cells) : table.has(cells)

/** The rows with these cells that were measured on the same images. */
export function rowsWith(table: RunTable, images: OnImages, cells: Cells): Row[] {
  const { data: _, fingerprint: __, ...rest } = cells
  const found = table
    .rows()
    .filter((row) => Object.entries(rest).every(([column, value]) => row[column] === `${value}`))
  if (areOwn(images)) return ownRows(table.spec, found, images.own)
  return found.filter(({ fingerprint }) => fingerprint === rowIdentity(images.identity))
}
