/** The runs in folders of plans, as records to be compared and judged. */
import { existsSync, readdirSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { type RunRecord, recordOf } from '../experiments/record.ts'
import { messageOf } from '../message.ts'
import { append, createRun } from '../runs/reduce.ts'
import { type Row, type TableSpec, tables } from '../runs/tables.ts'
import { UsageError } from './arguments.ts'
import { readEvents } from './resume.ts'
import { openRunTable } from './run-table.ts'
import { say } from './terminal.ts'

/** How deep below a folder runs are looked for. */
const depth = 3

/** Folders with a run's events, in order of their names, numbers by their values. */
function runFolders(folder: string, left = depth): string[] {
  if (existsSync(join(folder, 'events.jsonl'))) return [folder]
  if (left === 0) return []
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const names = inside.map(({ name }) => name).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return names.flatMap((name) => runFolders(join(folder, name), left - 1))
}

const rowsOf = (folder: string, spec: TableSpec): Row[] => openRunTable(folder, spec).rows()

/** A run's record; one that cannot be read is told and left out. */
function readRecord(folder: string, name: string): RunRecord[] {
  try {
    const run = createRun(name)
    for (const event of readEvents(join(folder, 'events.jsonl'))) append(run, event)
    return [recordOf(name, run, { curves: rowsOf(folder, tables.curves), linearity: rowsOf(folder, tables.linearity) })]
  } catch (error) {
    say(`Warning: ${folder} is left out: ${messageOf(error)}`)
    return []
  }
}

export interface FoundFolder {
  readonly folder: string
  /** Unique among what was found. */
  readonly name: string
}

/** All runs in some folders, named by their paths there; by whole paths where there are several. Throws UsageError. */
export function findRuns(folders: readonly string[]): FoundFolder[] {
  if (folders.length === 0) throw new UsageError('missing argument: a folder of runs. See: npm run lab -- --help')
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

/** Their records. Throws UsageError where there are none. */
export const readRuns = (folders: readonly string[]): RunRecord[] =>
  findRuns(folders).flatMap(({ folder, name }) => readRecord(folder, name))
