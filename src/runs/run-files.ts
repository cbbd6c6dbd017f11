/** Presents runs as the files of their folders: a run in memory, and a run without what takes much space. */
import type { LoggedEvent, StartEvent } from '../protocol/run-events.ts'
import type { RunInfo } from '../protocol/run-record.ts'
import { isRecord } from '../shape.ts'
import { environmentFile } from './files.ts'
import type { RunFiles } from './format/files.ts'
import { infoName } from './format/info.ts'
import { jsonText, readJson } from './format/json-file.ts'
import { logName } from './format/log.ts'
import { checkpointPath, openRunReader, type RunReader } from './format/reader.ts'
import { type Logs, rewritten } from './format/rewrite.ts'
import { RunError } from './format/run-error.ts'
import { unitsName } from './format/units.ts'
import { measuredTexts } from './measured.ts'
import { changedFiles } from './memory-folders.ts'
import { portableConfig, portableEnvironment, portableEvent, portableRows } from './portable.ts'
import type { Run } from './reduce.ts'
import { createTable, type MeasuredTexts, measuredTables, tableFiles, tables } from './tables.ts'
import { UnitsError, type UnitsSource } from './units/source.ts'
import { wholeConfig, withWholeConfig } from './whole-config.ts'

/** Some checkpoints of a folder, and nothing else of it. */
const checkpointsIn = ({ read, list }: RunFiles, names: ReadonlySet<string>): RunFiles => {
  const paths = new Set([...names].map(checkpointPath))
  return {
    read: async (path) => (paths.has(path) ? read(path) : null),
    list: async (folder) =>
      folder === 'checkpoints' ? (await list(folder)).filter(({ name }) => names.has(name)) : [],
  }
}

/** The files with other logs; without units.bin where there are no units. */
async function withLogs(files: RunFiles, { events, units }: Logs) {
  const changed = changedFiles(files)
  await changed.replace(logName, events)
  if (units.size > 0) await changed.replace(unitsName, units)
  else await changed.remove(unitsName)
  return changed
}

/** Takes the step of a probe whose units cannot be read; they are then left out. */
type OnLost = (step: number) => void

/** Reads units; with `onLost`, those that cannot be read are left out. */
const unitsOrLost =
  ({ units }: Run, onLost: OnLost | undefined): UnitsSource['read'] =>
  async (probe) => {
    try {
      return await units.read(probe)
    } catch (error) {
      if (!onLost || !(error instanceof UnitsError)) throw error
      onLost(probe.step)
      return null
    }
  }

/**
 * The files of a run as it is in memory now; `stored` has its checkpoints. Rejects with RunError for a run that has not
 * started, and without `onLost` with UnitsError for units that cannot be read.
 */
export async function filesOfRun(run: Run, info: RunInfo, stored: RunFiles, onLost?: OnLost): Promise<RunFiles> {
  const { start, starts } = run
  if (!start) throw new RunError(`${info.name} has no start event; export it after it has started`)
  // The run may grow in the meantime.
  const [events, graphs, tables] = [run.events.slice(), new Map(run.graphs), tableFiles(measuredTexts(run.measured))]
  const saved = checkpointsIn(stored, new Set(run.checkpoints.map(({ file }) => file)))
  const logs = await rewritten(events, { layout: (starts[0] ?? start).sites, read: unitsOrLost(run, onLost) })
  const files = await withLogs(saved, logs)
  await files.replace(infoName, jsonText(info))
  await files.replace('config.json', jsonText(start.config))
  await files.replace('environment.json', jsonText(environmentFile(start.environment, graphs)))
  for (const [file, text] of tables) await files.replace(file, text)
  return files
}

/** The events that hold results or explain them; activities and reports of graphs are most of the others. */
async function* resultsOf(run: RunReader, onStart: (start: StartEvent) => void): AsyncGenerator<LoggedEvent> {
  for await (const event of run.events()) {
    withWholeConfig(event, run.name)
    if (event.type === 'start') onStart(event)
    if (event.type !== 'activity' && event.type !== 'graph') yield portableEvent(event)
  }
}

const portableFiles = { 'config.json': portableConfig, 'environment.json': portableEnvironment } as const

/** The measurement tables with the images named without their folder. `source`: the run's own images. */
function portableTables(texts: MeasuredTexts, source: string): MeasuredTexts {
  const portable = portableRows(source)
  return Object.fromEntries(
    measuredTables.flatMap((name) => {
      const text = texts[name]
      if (!text) return []
      const table = createTable(tables[name])
      for (const row of createTable(tables[name], text).rows()) table.put(portable(row))
      return [[name, table.text()]]
    }),
  )
}

/**
 * The files of a run without activities, reports of graphs, the folders of the machine and, unless `units`, the values of
 * single units. Rejects with RunError for a run that is damaged.
 */
export async function compactFiles(files: RunFiles, name: string, { units }: { units: boolean }): Promise<RunFiles> {
  const run = await openRunReader(files, name)
  const measured = await run.tables()
  const read = units ? run.units : async () => null
  let newest: StartEvent = run.start
  const results = resultsOf(run, (start) => {
    newest = start
  })
  const small = await withLogs(files, await rewritten(results, { layout: run.start.sites, read }))
  for (const [path, portable] of Object.entries(portableFiles)) {
    const value = await readJson(files, path, name)
    if (isRecord(value)) await small.replace(path, jsonText(portable(value)))
  }
  const { source } = wholeConfig(newest.config, name).data
  for (const [path, text] of tableFiles(portableTables(measured, source))) await small.replace(path, text)
  return small
}
