/** Completes a listed run: measurements of this page, and what another copy of the run has. */
import type { MeasuredTable } from '../../protocol/measurement.ts'
import { logName } from '../../runs/format/log.ts'
import { openRunReader } from '../../runs/format/reader.ts'
import { unitsName } from '../../runs/format/units.ts'
import type { FoundRun } from '../../runs/found-runs.ts'
import { createTable, type MeasuredTexts, measuredTables, tables } from '../../runs/tables.ts'
import { type Experiments, filesOf } from '../experiments/context.ts'
import type { LibraryRun } from '../experiments/state.ts'
import type { RunSummary } from './summary.ts'

/** The rows of two texts of a table. Of two rows with the same key, `more` wins where it `replaces`. */
function merged(name: MeasuredTable, text: string | undefined, more: string | undefined, replaces: boolean) {
  if (more === undefined || more === text) return text
  const table = createTable(tables[name], text)
  for (const row of createTable(tables[name], more).rows()) if (replaces || !table.has(row)) table.put(row)
  return table.text()
}

/** Adds rows to the tables of a listed run. Resolves with whether that changed a table. */
export async function addTables(
  experiments: Experiments,
  id: string,
  more: MeasuredTexts,
  replaces: boolean,
): Promise<boolean> {
  const files = filesOf(experiments, id)
  const before = await (await openRunReader(files, id)).tables()
  let changed = false
  for (const name of measuredTables) {
    const text = merged(name, before[name], more[name], replaces)
    if (text === undefined || text === before[name]) continue
    await files.replace(tables[name].file, text)
    changed = true
  }
  return changed
}

/** Adds what a listed run lacks and another copy of it has: checkpoints, the units of its probes, and measurements. */
export async function complete(
  experiments: Experiments,
  listed: LibraryRun,
  copy: FoundRun,
  { facts }: RunSummary,
): Promise<boolean> {
  const files = filesOf(experiments, listed.id)
  const has = new Set(listed.facts.checkpoints.map(({ file }) => file))
  const missing = facts.checkpoints.filter(({ file }) => !has.has(file))
  const paths = missing.map(({ file }) => `checkpoints/${file}`)
  // Resume points tell places in their own log.
  const points = async () => (await copy.files.list('resume')).map(({ name }) => `resume/${name}`)
  if (facts.units && !listed.facts.units) paths.push(unitsName, ...(await points()), logName)
  for (const path of paths) {
    const blob = await copy.files.read(path)
    if (blob) await files.replace(path, blob)
  }
  const measured = await (await openRunReader(copy.files, listed.info.name)).tables()
  const added = await addTables(experiments, listed.id, measured, false)
  return added || paths.length > 0
}
