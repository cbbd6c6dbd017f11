/** Finds runs in folders and reads them as records for comparison and claims. */
import { existsSync, readdirSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { type RunRecord, recordOf } from '../experiments/record.ts'
import { messageOf } from '../message.ts'
import { append, createRun } from '../runs/reduce.ts'
import { type Row, type TableSpec, tables } from '../runs/tables.ts'
import { FlagError, UsageError } from './arguments.ts'
import { readEvents } from './resume.ts'
import { openRunTable } from './run-table.ts'
import { say } from './terminal.ts'

/** The number of folder levels that are searched for runs. */
const depth = 3

/** Returns the run folders inside a folder, sorted by name; numbers in names are sorted by value. */
function runFolders(folder: string, left = depth): string[] {
  if (existsSync(join(folder, 'events.jsonl'))) return [folder]
  if (left === 0) return []
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const names = inside.map(({ name }) => name).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return names.flatMap((name) => runFolders(join(folder, name), left - 1))
}

const rowsOf = (folder: string, spec: TableSpec): Row[] => openRunTable(folder, spec).rows()

/** Reads a run's record into a list of one. A run that cannot be read gives a warning and an empty list. */
function readRecord(folder: string, name: string): RunRecord[] {
  try {
    const run = createRun(name)
    for (const event of readEvents(join(folder, 'events.jsonl'))) append(run, event)
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

/** Reads the records of all runs in folders. Throws UsageError when there are none. */
export const readRuns = (folders: readonly string[]): RunRecord[] =>
  findRuns(folders).flatMap(({ folder, name }) => readRecord(folder, name))
