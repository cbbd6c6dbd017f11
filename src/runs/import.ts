/** Imports runs from a zip or a folder, of one run or of a plan with a folder for each run. */

import { BlobReader, type Entry, TextWriter, ZipReader } from '@zip.js/zip.js'
import { messageOf } from '../message.ts'
import type { MeasuredTable } from '../protocol/measurement.ts'
import { RunError } from './format/run-error.ts'
import { digestOf, packEvents, readLog, type StoredRun } from './library.ts'
import { createTable, type MeasuredTexts, measuredTables, tables } from './tables.ts'

/** A dropped or chosen file, read on request. */
export interface RunFile {
  /** The path inside the dropped item, with `/`. */
  readonly path: string
  readonly text: () => Promise<string>
}

export interface Imported {
  readonly runs: readonly StoredRun[]
  /** A sentence for each run or archive that could not be imported. */
  readonly problems: readonly string[]
}

const log = 'events.jsonl'
const isLog = ({ path }: RunFile) => path === log || path.endsWith(`/${log}`)

/** The files to read. The other files of a run, such as checkpoints of hundreds of megabytes, are never read. */
const wantedNames = [log, ...measuredTables.map((name) => tables[name].file)]
const wanted = (path: string) => wantedNames.some((name) => path.endsWith(name))

const folderOf = ({ path }: RunFile) => path.slice(0, -log.length).replace(/\/$/, '')

/** Reads and checks the measurement tables of a run. */
async function measuredTexts(files: readonly RunFile[], folder: string): Promise<MeasuredTexts> {
  const texts: Partial<Record<MeasuredTable, string>> = {}
  for (const name of measuredTables) {
    const { file } = tables[name]
    const found = files.find(({ path }) => path === (folder ? `${folder}/${file}` : file))
    if (!found) continue
    const table = createTable(tables[name], await found.text())
    if (table.rows().length > 0) texts[name] = table.text()
  }
  return texts
}

/** The name `ARM/seed-N` from the folders when they have this form, else the run's own name. */
const runName = (folder: string, own: string) => (/([^/]+)\/seed-\d+$/.test(folder) ? folder : own)

async function readRun(files: readonly RunFile[], events: RunFile, from: string): Promise<StoredRun> {
  const folder = folderOf(events)
  const run = await readLog('', folder || from, await events.text())
  const packed = await packEvents(run.events)
  return {
    id: await digestOf(packed),
    name: runName(folder, run.start?.config.name ?? from),
    origin: 'imported',
    time: 0,
    log: packed,
    tables: await measuredTexts(files, folder),
  }
}

/**
 * Imports every run among some files; a run that cannot be read becomes a problem. The id of a run is the digest of its
 * events, so that a run that is imported twice is stored once. `from` is the name of the dropped item.
 */
export async function importRuns(files: readonly RunFile[], from: string): Promise<Imported> {
  const logs = files.filter(isLog).sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }))
  if (logs.length === 0) {
    const hint = 'Choose a zip made by “Export run”, or a run folder of the command line (with events.jsonl).'
    return { runs: [], problems: [`${from} contains no run. ${hint}`] }
  }
  const runs: StoredRun[] = []
  const problems: string[] = []
  for (const events of logs) {
    try {
      runs.push(await readRun(files, events, from))
    } catch (error) {
      problems.push(messageOf(error).startsWith(from) ? messageOf(error) : `${from}: ${messageOf(error)}`)
    }
  }
  return { runs, problems }
}

const fileOf = (entry: Entry): RunFile[] => {
  if (entry.directory || !wanted(entry.filename)) return []
  return [{ path: entry.filename, text: () => entry.getData(new TextWriter(), { checkSignature: true }) }]
}

/** Imports the runs of a zip. Does not reject: a damaged zip becomes a problem. */
export async function importZip(zip: Blob, name: string): Promise<Imported> {
  try {
    const entries = await new ZipReader(new BlobReader(zip), { useWebWorkers: false }).getEntries()
    return await importRuns(entries.flatMap(fileOf), name)
  } catch (error) {
    const damaged = new RunError(`${name} is damaged or not a zip (${messageOf(error)}); export or download it again`)
    return { runs: [], problems: [damaged.message] }
  }
}

/** Imports the runs among the files of one or more dropped items; opens zips among them. */
export async function importFiles(
  files: readonly { readonly path: string; readonly file: Blob }[],
  from: string,
): Promise<Imported> {
  const zips = files.filter(({ path }) => /\.zip$/i.test(path))
  const others = files.filter(({ path }) => wanted(path))
  const own = others.map(({ path, file }) => ({ path, text: () => file.text() }))
  const found: Imported[] = []
  for (const { path, file } of zips) found.push(await importZip(file, path))
  if (own.length > 0 || zips.length === 0) found.push(await importRuns(own, from))
  return { runs: found.flatMap(({ runs }) => runs), problems: found.flatMap(({ problems }) => problems) }
}
