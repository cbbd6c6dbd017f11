/** Reads the record of a run that was found. */
import { basename } from 'node:path'
import { currentFile } from '../data/node/file-blob.ts'
import { messageOf } from '../message.ts'
import type { LoggedEvent } from '../protocol/run-events.ts'
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
