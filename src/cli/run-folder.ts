/** Writes a run folder: the logs as events arrive, and the checkpoints. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment, GraphReport } from '../protocol/environment.ts'
import type { RecordedEvent } from '../protocol/run-events.ts'
import type { ResumeState } from '../protocol/run-record.ts'
import {
  environmentFile,
  eventLine,
  metricsHeader,
  metricsRow,
  selectivityHeader,
  selectivityRows,
} from '../runs/files.ts'
import { UsageError } from './arguments.ts'
import { type Disk, isPart, nodeDisk, removeParts, replaceFile, replaceFiles } from './disk.ts'
import { createFolder, writeReason } from './folder.ts'

export interface RunFolder {
  /** Appends an event to events.jsonl and its rows to the CSV files. Throws when the disk refuses. */
  readonly record: (event: RecordedEvent) => void
  /** Saves a checkpoint once all events recorded so far are on the disk. */
  readonly save: (file: string, bytes: Uint8Array) => Promise<void>
  /** Saves the momentum of a checkpoint; the run resumes from there. */
  readonly saveResume: (state: ResumeState) => Promise<void>
  readonly close: () => void
}

type Log = 'metrics' | 'selectivity' | 'events'

interface State {
  readonly folder: string
  readonly disk: Disk
  readonly logs: Readonly<Record<Log, number>>
  /** The newest report of each graph, by name. */
  readonly graphs: Map<string, GraphReport>
  environment: Environment | undefined
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

const [checkpoints, resume] = ['checkpoints', 'resume']

export const momentumPath = (folder: string) => join(folder, resume, 'momentum.safetensors')

/** Returns the lines that an event adds to each log. */
const linesOf = (event: RecordedEvent): Record<Log, string> => ({
  metrics: metricsRow(event),
  selectivity: event.type === 'probe' ? selectivityRows(event) : '',
  events: eventLine(event),
})

const headers: Readonly<Record<Log, string>> = { metrics: metricsHeader, selectivity: selectivityHeader, events: '' }

const logNames = Object.keys(headers) as Log[]

const logPath = (folder: string, name: Log) => join(folder, name === 'events' ? 'events.jsonl' : `${name}.csv`)

/** Opens the logs with `recorded` events in them. Existing logs stay unchanged until their replacements are complete. */
function openLogs(folder: string, recorded: readonly RecordedEvent[], disk: Disk): Record<Log, number> {
  const paths = {
    metrics: logPath(folder, 'metrics'),
    selectivity: logPath(folder, 'selectivity'),
    // events.jsonl is last. The other two are made from it, so it may only lose events after they have.
    events: logPath(folder, 'events'),
  }
  const lines = recorded.map(linesOf)
  const write = (files: Readonly<Record<Log, number>>) => {
    for (const name of logNames) disk.write(files[name], headers[name] + lines.map((line) => line[name]).join(''))
  }
  try {
    return replaceFiles(paths, write, disk)
  } catch (cause) {
    throw new Error(`cannot write the logs of ${folder} (${writeReason(cause)}); any earlier ones are intact`, {
      cause,
    })
  }
}

export interface RunFolderOptions {
  readonly disk?: Disk
  /** Replaces the logs of an earlier run. */
  readonly overwrite?: boolean
}

/** The temporary files of a run, which a crash may have left; without those of tables, which have their own locks. */
function removeLeftovers(folder: string, disk: Disk): void {
  const own = ['config.json', 'environment.json'].map((name) => join(folder, name))
  removeParts([...own, ...logNames.map((name) => logPath(folder, name))], disk)
  for (const inner of [checkpoints, resume].map((name) => join(folder, name))) {
    for (const name of readdirSync(inner).filter(isPart)) disk.remove(join(inner, name))
  }
}

/** Throws UsageError for a folder that has a run. */
export function requireNoRun(folder: string): void {
  if (!existsSync(logPath(folder, 'events'))) return
  const cure = existsSync(momentumPath(folder))
    ? 'add --resume to continue it'
    : 'remove it, for it ended before its first checkpoint'
  throw new UsageError(`${folder} already contains a run; choose another --out, or ${cure}`)
}

/**
 * Opens a folder for a new run, or with the events of an earlier one up to the checkpoint it resumes from. Throws
 * UsageError for a new run in a folder that already has one, unless `overwrite` is set. When it throws, the earlier log is
 * unchanged.
 */
export function openRunFolder(
  folder: string,
  recorded: readonly RecordedEvent[] = [],
  { disk = nodeDisk, overwrite = false }: RunFolderOptions = {},
): RunFolder {
  if (!overwrite && recorded.length === 0) requireNoRun(folder)
  for (const inner of [checkpoints, resume]) createFolder(join(folder, inner))
  removeLeftovers(folder, disk)
  const graphs = new Map(recorded.flatMap((event) => (event.type === 'graph' ? [[event.graph.name, event.graph]] : [])))
  const state: State = { folder, disk, logs: openLogs(folder, recorded, disk), graphs, environment: undefined }
  return {
    record: (event) => recordOrSay(state, event),
    save: async (file, bytes) => {
      syncLogs(state)
      replaceFile(join(folder, checkpoints, file), bytes, disk)
    },
    saveResume: async ({ weights, momentum }) => {
      if (weights === null) replaceFile(momentumPath(folder), momentum, disk)
    },
    close: () => close(state),
  }
}

function recordOrSay(state: State, event: RecordedEvent): void {
  try {
    record(state, event)
  } catch (cause) {
    throw new Error(
      `cannot record in ${state.folder} (${writeReason(cause)}); everything up to here is recorded, and train --resume goes on from the newest checkpoint`,
      { cause },
    )
  }
}

function record(state: State, event: RecordedEvent): void {
  const { folder, disk, logs, graphs } = state
  if (event.type === 'start') {
    state.environment = event.environment
    replaceFile(join(folder, 'config.json'), json(event.config), disk)
  }
  if (event.type === 'graph') graphs.set(event.graph.name, event.graph)
  if (state.environment && (event.type === 'start' || event.type === 'graph')) {
    replaceFile(join(folder, 'environment.json'), json(environmentFile(state.environment, graphs)), disk)
  }
  const lines = linesOf(event)
  for (const name of logNames) if (lines[name]) disk.write(logs[name], lines[name])
}

function syncLogs({ disk, logs }: State): void {
  for (const name of logNames) disk.sync(logs[name])
}

function close(state: State): void {
  try {
    syncLogs(state)
  } finally {
    for (const name of logNames) state.disk.close(state.logs[name])
  }
}
