/** The list of runs, and how they are stored. */
import { recordOf } from '../../experiments/record.ts'
import { messageOf } from '../../message.ts'
import type { MeasuredTable } from '../../protocol/measurement.ts'
import { parseCsv } from '../../runs/csv.ts'
import { packEvents, type StoredRun, unpackRun } from '../../runs/library.ts'
import { measuredTexts } from '../../runs/measured.ts'
import type { Run } from '../../runs/reduce.ts'
import { createTable, type MeasuredTexts, measuredTables, type Row, tables } from '../../runs/tables.ts'
import type { Experiments } from './context.ts'
import type { LibraryRun } from './state.ts'

const rows = (text = ''): Row[] => parseCsv(text).rows

const libraryRun = ({ id, name, origin, time, tables: { curves, linearity } }: StoredRun, run: Run): LibraryRun => ({
  id,
  origin,
  time,
  record: recordOf(name, run, { curves: rows(curves), linearity: rows(linearity) }),
})

/** Numbers the second and later runs of one name, so that every name is unique. */
function withUniqueNames(runs: readonly LibraryRun[], nameOf: (id: string) => string): LibraryRun[] {
  const counts = new Map<string, number>()
  return runs.map((run) => {
    const name = nameOf(run.id)
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    const unique = count === 1 ? name : `(${count}) ${name}`
    return unique === run.record.name ? run : { ...run, record: { ...run.record, name: unique } }
  })
}

/** Changes the list of runs. */
export function changeRuns(
  { store, stored }: Experiments,
  change: (runs: readonly LibraryRun[]) => readonly LibraryRun[],
): void {
  store.setState(({ runs }) => ({ runs: withUniqueNames(change(runs), (id) => stored.get(id)?.name ?? id) }))
}

/** Reports problems, each sentence once. */
export const report = ({ store }: Experiments, ...sentences: string[]): void =>
  store.setState(({ problems }) => ({
    problems: [...problems, ...sentences.filter((one) => !problems.includes(one))],
  }))

/** Lists a run. */
export function addRun(experiments: Experiments, stored: StoredRun, run: Run): void {
  experiments.stored.set(stored.id, stored)
  const added = libraryRun(stored, run)
  changeRuns(experiments, (runs) => [...runs.filter(({ id }) => id !== added.id), added])
}

/** Stores a run for later visits. Where the browser refuses, the run stays until the page is closed. */
export async function storeRun(experiments: Experiments, stored: StoredRun): Promise<void> {
  try {
    await experiments.host.runs.put(stored)
  } catch (error) {
    const reason = messageOf(error)
    report(experiments, `${stored.name} stays until you close the page; the browser did not store it: ${reason}.`)
  }
}

/** Lists and stores a run of this page that has ended, with its measurements; a listed run gets its new measurements. */
export async function saveRun(experiments: Experiments, run: Run): Promise<void> {
  const { stored: known, trials, removed, host } = experiments
  const { id, start, steps } = run
  if (!start || steps.length === 0 || trials.has(id) || removed.has(id)) return
  const { name } = start.config
  try {
    const texts = measuredTexts(run.measured)
    if (known.has(id)) {
      await addTables(experiments, id, texts, true)
      return
    }
    const log = await packEvents(run.events)
    const stored: StoredRun = { id, name, origin: 'trained', time: host.now(), log, tables: texts }
    addRun(experiments, stored, run)
    await storeRun(experiments, stored)
  } catch (error) {
    report(experiments, `${name} could not be added to the runs: ${messageOf(error)}. Export it.`)
  }
}

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
  const before = experiments.stored.get(id)
  if (!before) return false
  const texts = measuredTables.flatMap((name) => {
    const text = merged(name, before.tables[name], more[name], replaces)
    return text === undefined ? [] : [[name, text] as const]
  })
  const after: StoredRun = { ...before, tables: Object.fromEntries(texts) }
  if (measuredTables.every((name) => after.tables[name] === before.tables[name])) return false
  experiments.stored.set(id, after)
  const run = await unpackRun(after)
  changeRuns(experiments, (runs) => runs.map((own) => (own.id === id ? libraryRun(after, run) : own)))
  await storeRun(experiments, after)
  return true
}
