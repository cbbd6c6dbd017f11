/** Reads the record of a run that was found. */
import { basename } from 'node:path'
import { currentFile } from '../data/node/file-blob.ts'
import { messageOf } from '../message.ts'
import type { LoggedEvent, RecordedEvent } from '../protocol/run-events.ts'
import { piecesOf } from '../runs/format/blobs.ts'
import type { RunFiles } from '../runs/format/files.ts'
import { logName, readLines } from '../runs/format/log.ts'
import { openRunReader, type RunReader } from '../runs/format/reader.ts'
import { createTable, type Row, type TableSpec } from '../runs/tables.ts'
import { readInput, UsageError } from './arguments.ts'
import { type FoundRun, findRun } from './find-runs.ts'

/** Rejects with RunError for a run that did not begin, and for one whose record cannot be read. */
export const openRun = ({ files, name }: Pick<FoundRun, 'files' | 'name'>): Promise<RunReader> =>
  openRunReader(files, name)

/** The event without the units of a probe. */
const withoutUnits = (event: LoggedEvent): RecordedEvent => {
  if (event.type !== 'probe') return event
  const { units: _, ...probe } = event
  return { ...probe, sites: [] }
}

/** The events without units. Rejects with RunError for a damaged record. */
export async function* eventsOf(run: RunReader): AsyncGenerator<RecordedEvent> {
  for await (const event of run.events()) yield withoutUnits(event)
}

/** The events with the units of each probe; a probe whose units were not kept has no site. */
export async function* eventsWithUnits(run: RunReader): AsyncGenerator<RecordedEvent> {
  for await (const event of run.events()) {
    const plain = withoutUnits(event)
    if (plain.type !== 'probe' || event.type !== 'probe') yield plain
    else yield { ...plain, sites: (await run.units(event)) ?? [] }
  }
}

/** The last event of a log, which may be that of a run that did not begin; null without events. Rejects with UsageError. */
export async function lastEvent(files: RunFiles, name: string): Promise<LoggedEvent | null> {
  const log = await files.read(logName)
  let last: LoggedEvent | null = null
  if (!log) return null
  try {
    for await (const { event } of readLines(piecesOf(log), logName)) last = event
    return last
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`${name}: ${error.message}`) : error
  }
}

/** The rows of a measurement table; none where the run lacks it. Rejects with UsageError for a file that is no such table. */
export async function rowsOf({ files, name }: Pick<FoundRun, 'files' | 'name'>, spec: TableSpec): Promise<Row[]> {
  try {
    const file = await files.read(spec.file)
    return file ? [...createTable(spec, await file.text()).rows()] : []
  } catch (error) {
    throw new UsageError(`${name}: cannot use ${spec.file}: ${messageOf(error)}`)
  }
}

/** A log of its own, without the other files of its run. */
const logAt = (path: string): Pick<FoundRun, 'files' | 'name'> => ({
  name: basename(path),
  files: { read: async (name) => (name === logName ? currentFile(path) : null), list: async () => [] },
})

/** Opens the run of an events.jsonl, of a run folder or of a zip, and does `work` with it. Rejects with UsageError or RunError. */
export async function withRun<T>(path: string, work: (run: RunReader) => Promise<T>): Promise<T> {
  if (/\.jsonl$/i.test(path)) {
    readInput(path, 'event log')
    return work(await openRun(logAt(path)))
  }
  await using found = await findRun(path)
  return await work(await openRun(found.run))
}
