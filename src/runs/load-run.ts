/** Reads a run's folder into memory: everything but the values of units, which are read on demand. */
import { breathe } from './breathe.ts'
import type { RunFiles } from './format/files.ts'
import { openRunReader } from './format/reader.ts'
import { addRows } from './measured.ts'
import { append, createRun, type GrowingRun } from './reduce.ts'
import { createTable, measuredTables, tables } from './tables.ts'
import { createStoredUnits } from './units/stored.ts'

/** Events that are read before the page handles its own. */
const most = 4096

/** The run in a folder. Rejects with RunError for one that is no run or is damaged. */
export async function loadRun(files: RunFiles, id: string, name: string): Promise<GrowingRun> {
  const reader = await openRunReader(files, name)
  const run = createRun(id, createStoredUnits(files))
  let count = 0
  for await (const event of reader.events()) {
    append(run, event)
    if (++count % most === 0) await breathe()
  }
  const texts = await reader.tables()
  for (const table of measuredTables) {
    const text = texts[table]
    if (text) addRows(run.measured, table, createTable(tables[table], text).rows())
  }
  return run
}
