/** Runs from files: a run's zip or folder, or a plan's with a folder a run. */

import { BlobReader, type Entry, TextWriter, ZipReader } from '@zip.js/zip.js'
import { messageOf } from '../message.ts'
import type { MeasuredTable } from '../protocol/measurement.ts'
import { digestOf, packEvents, RunError, readLog, type StoredRun } from './library.ts'
import { createTable, type MeasuredTexts, measuredTables, tables } from './tables.ts'

/** A file of what was dropped or chosen, read when it is asked for. */
export interface RunFile {
  /** Inside what was dropped, with `/`. */
  readonly path: string
  readonly text: () => Promise<string>
}

export interface Imported {
  readonly runs: readonly StoredRun[]
  /** Why runs or archives were left out, a sentence each. */
  readonly problems: readonly string[]
}

const log = 'events.jsonl'
const isLog = ({ path }: RunFile) => path === log || path.endsWith(`/${log}`)

/** Files whose contents may be needed; the rest of a run (checkpoints of hundreds of megabytes) is not looked at. */
const wantedNames = [log, ...measuredTables.map((name) => tables[name].file)]
const wanted = (path: string) => wantedNames.some((name) => path.endsWith(name))

const folderOf = ({ path }: RunFile) => path.slice(0, -log.length).replace(/\/$/, '')

/** The tables of a run's measurements, checked. */
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

/** `none/seed-1` of the folders' names where they say the arm, else what the run itself is called. */
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
 * Every run below some files. One that cannot be read is told and left out. The ids are the events' digests, so that a run
 * that is brought in twice is there once. `from` names what was dropped.
 */
export async function importRuns(files: readonly RunFile[], from: string): Promise<Imported> {
  const logs = files.filter(isLog).sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }))
  if (logs.length === 0) {
    const hint = 'Choose a zip that “Export run” made, or a folder of the command line (with events.jsonl in it).'
    return { runs: [], problems: [`${from} holds no run. ${hint}`] }
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
  return [{ path: entry.filename, text: () => entry.getData(new TextWriter()) }]
}

/** The runs of a zip. A damaged one is a problem, not an error. */
export async function importZip(zip: Blob, name: string): Promise<Imported> {
  try {
    const entries = await new ZipReader(new BlobReader(zip), { useWebWorkers: false }).getEntries()
    return await importRuns(entries.flatMap(fileOf), name)
  } catch (error) {
    const damaged = new RunError(`${name} is damaged or no zip (${messageOf(error)}); export or download it again`)
    return { runs: [], problems: [damaged.message] }
  }
}

/** Files of a folder, or of several things side by side; zips among them are opened. */
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
