/** Finds runs in folders and reads them as records for comparison and claims. */
import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { contentsNotes } from '../experiments/groups.ts'
import { dataNotes, type RunRecord, recordOf } from '../experiments/record.ts'
import { messageOf } from '../message.ts'
import { withWholeConfig } from '../runs/library.ts'
import { append, createRun } from '../runs/reduce.ts'
import { type Row, type TableSpec, tables } from '../runs/tables.ts'
import { FlagError, UsageError } from './arguments.ts'
import { eventsPath, readEvents } from './read-events.ts'
import { readRunTable } from './run-table.ts'
import { say } from './terminal.ts'

/** The number of folder levels that are searched for runs. */
const depth = 3

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    throw new UsageError(`cannot list ${folder}: ${messageOf(error)}`)
  }
}

/** Returns the run folders inside a folder, sorted by name; numbers in names are sorted by value. */
function runFolders(folder: string, left = depth): string[] {
  if (existsSync(join(folder, 'events.jsonl'))) return [folder]
  if (left === 0) return []
  const inside = entriesOf(folder).filter((entry) => entry.isDirectory())
  const names = inside.map(({ name }) => name).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return names.flatMap((name) => runFolders(join(folder, name), left - 1))
}

const rowsOf = (folder: string, spec: TableSpec): Row[] => readRunTable(folder, spec).rows()

/** Reads a run's record into a list of one. A run that cannot be read gives a warning and an empty list. */
function readRecord(folder: string, name: string): RunRecord[] {
  try {
    const run = createRun(name)
    for (const event of readEvents(eventsPath(folder))) append(run, withWholeConfig(event, name))
    if (!run.start) throw new UsageError('events.jsonl has no start event, so the run did not begin')
    return [recordOf(name, run, { curves: rowsOf(folder, tables.curves), linearity: rowsOf(folder, tables.linearity) })]
  } catch (error) {
    say(`Warning: ${folder} is skipped: ${messageOf(error)}`)
    return []
  }
}

export interface FoundFolder {
  readonly folder: string
  /** Unique among the found runs. */
  readonly name: string
}

/** Finds all runs in folders. A run's name is its path in the folder; with several folders, the folder's name comes first. Throws UsageError. */
export function findRuns(folders: readonly string[]): FoundFolder[] {
  if (folders.length === 0) throw new FlagError('missing argument: a folder of runs')
  const missing = folders.find((folder) => !existsSync(folder))
  if (missing) throw new UsageError(`no such folder: ${missing}`)
  const file = folders.find((folder) => !statSync(folder).isDirectory())
  if (file) throw new UsageError(`${file} is a file; name the run folder, or a folder of runs`)
  const found = folders.flatMap((folder) =>
    runFolders(folder).map((run) => {
      const inside = relative(folder, run).replaceAll('\\', '/')
      const whole = [basename(resolve(folder)), inside].filter(Boolean).join('/')
      return { folder: run, name: inside === '' || folders.length > 1 ? whole : inside }
    }),
  )
  if (found.length === 0) throw new UsageError(`no runs in ${folders.join(', ')}`)
  return found
}

/**
 * Reads the records of all runs in folders; says which runs cannot be read, and what else concerns their data. Throws
 * UsageError where no run can be read.
 */
export function readRuns(folders: readonly string[]): RunRecord[] {
  const found = findRuns(folders)
  const runs = found.flatMap(({ folder, name }) => readRecord(folder, name))
  if (runs.length === 0) {
    const names = found.map(({ name }) => name).join(', ')
    throw new UsageError(`no run that can be compared in ${folders.join(', ')} (found ${names}; the warnings say why)`)
  }
  for (const note of [...runs.flatMap(dataNotes), ...contentsNotes(runs)]) say(`Warning: ${note}`)
  return runs
}
