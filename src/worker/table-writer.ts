/** Writes the rows of a measurement into the tables of the run's folder, beside those that are there. */
import type { MeasuredCells, MeasuredTable } from '../protocol/measurement.ts'
import type { EditableRunFiles } from '../runs/folders.ts'
import { createTable, type TableSpec, tables } from '../runs/tables.ts'
import { createSerialQueue } from '../serial-queue.ts'

export interface TableWriter {
  /** Rejects where the folder has a file of that name that is no such table. */
  readonly check: (table: MeasuredTable) => Promise<void>
  /** Adds rows, which are written at most every few seconds. */
  readonly add: (table: MeasuredTable, rows: readonly MeasuredCells[]) => void
  /** Writes the remaining rows. Rejects where the storage refuses any. */
  readonly end: () => Promise<void>
}

/** Milliseconds between two writes; and the share of the time that writes may take, since large tables take long. */
const [interval, share] = [3000, 0.1]

async function tableIn(files: EditableRunFiles, spec: TableSpec) {
  return createTable(spec, (await (await files.read(spec.file))?.text()) ?? '')
}

/** Another tab may have measured the run in the meantime, so each write begins with the file as it is. */
async function write(files: EditableRunFiles, spec: TableSpec, rows: readonly MeasuredCells[]): Promise<void> {
  const table = await tableIn(files, spec)
  for (const row of rows) table.put(row)
  await files.replace(spec.file, table.text())
}

interface Options {
  readonly files: EditableRunFiles
  /** Milliseconds. */
  readonly now: () => number
  /** Runs work while no other tab writes the run's tables. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
}

export function createTableWriter({ files, now, alone }: Options): TableWriter {
  const waiting = new Map<MeasuredTable, MeasuredCells[]>()
  const queue = createSerialQueue()
  let next = now() + interval
  let writing: Promise<void> = Promise.resolve()
  let failure: unknown = null
  const writeAll = async () => {
    const began = now()
    for (const [table, rows] of [...waiting]) {
      waiting.delete(table)
      try {
        await alone(() => write(files, tables[table], rows))
      } catch (error) {
        // The next write tries these rows again.
        waiting.set(table, [...rows, ...(waiting.get(table) ?? [])])
        throw error
      }
    }
    failure = null
    next = now() + Math.max(interval, (now() - began) / share)
  }
  const start = () => {
    next = Number.POSITIVE_INFINITY
    writing = queue(writeAll).catch((error: unknown) => {
      failure = error
      next = now() + interval
    })
  }
  return {
    check: async (table) => void (await tableIn(files, tables[table])),
    add: (table, rows) => {
      waiting.set(table, [...(waiting.get(table) ?? []), ...rows])
      if (now() >= next) start()
    },
    end: async () => {
      await writing
      start()
      await writing
      if (failure) throw failure
    },
  }
}
