/** Opens recorded runs for reading: run folders, folders of runs, and zips that the page or `pack` wrote. */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { BlobReader, type FileEntry, TextWriter, ZipReader } from '@zip.js/zip.js'
import { type OpenFile, openFile } from '../data/node/file-blob.ts'
import { messageOf } from '../message.ts'
import type { RecordedEvent } from '../protocol/run-events.ts'
import { eventsOf } from '../runs/event-lines.ts'
import { createTable, type Row, type TableSpec } from '../runs/tables.ts'
import { FlagError, UsageError } from './arguments.ts'
import { findRuns } from './experiment-runs.ts'
import { eventsPath } from './read-events.ts'
import { readRunTable } from './run-table.ts'

export interface SavedRun {
  /** Unique among the opened runs. */
  readonly name: string
  /** The events, read one by one. Throws UsageError for a damaged log. */
  readonly events: () => AsyncIterable<RecordedEvent>
  /** The rows of a measurement table; none where the run lacks it. Rejects with UsageError for a file that is no such table. */
  readonly rows: (spec: TableSpec) => Promise<readonly Row[]>
}

export interface SavedRuns extends AsyncDisposable {
  readonly runs: readonly SavedRun[]
  /** Whether the user named one run instead of a folder or zip of runs. */
  readonly isOne: boolean
}

type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>

async function* checkedEvents(bytes: Bytes, path: string): AsyncGenerator<RecordedEvent> {
  try {
    yield* eventsOf(bytes, path)
  } catch (error) {
    throw new UsageError(error instanceof RangeError ? error.message : `cannot read ${path}: ${messageOf(error)}`)
  }
}

/** A run and its place in the folder or zip that the user named; the place is '' where that is the run itself. */
interface Found extends Omit<SavedRun, 'name'> {
  readonly place: string
}

const foldersOf = (path: string): Found[] =>
  findRuns([path]).map(({ folder, name }) => ({
    place: folder === path ? '' : name,
    events: () => checkedEvents(Readable.toWeb(createReadStream(eventsPath(folder))) as Bytes, eventsPath(folder)),
    rows: async (spec) => readRunTable(folder, spec).rows(),
  }))

/** The bytes of a file in a zip, unpacked while they are read. */
function bytesOf(entry: FileEntry): Bytes {
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>()
  const failed = (error: unknown) => writable.abort(error).catch(() => {})
  void entry.getData(writable, { checkSignature: true }).catch(failed)
  return readable
}

const log = 'events.jsonl'

function runOf(events: FileEntry, entries: readonly FileEntry[], path: string): Found {
  const before = events.filename.slice(0, -log.length)
  return {
    place: before.replace(/\/$/, ''),
    events: () => checkedEvents(bytesOf(events), `${events.filename} in ${path}`),
    rows: async (spec) => {
      const entry = entries.find(({ filename }) => filename === before + spec.file)
      try {
        return entry ? createTable(spec, await entry.getData(new TextWriter(), { checkSignature: true })).rows() : []
      } catch (error) {
        throw new UsageError(`cannot use ${before}${spec.file} in ${path}: ${messageOf(error)}`)
      }
    },
  }
}

async function zipOf(path: string, blob: Blob): Promise<Found[]> {
  const all = await new ZipReader(new BlobReader(blob), { useWebWorkers: false }).getEntries().catch((error) => {
    throw new UsageError(`${path} is damaged or not a zip (${messageOf(error)}); export it again`)
  })
  const entries = all.filter((entry): entry is FileEntry => !entry.directory)
  const logs = entries
    .filter(({ filename }) => filename === log || filename.endsWith(`/${log}`))
    .sort((a, b) => a.filename.localeCompare(b.filename, 'en', { numeric: true }))
  if (logs.length === 0) throw new UsageError(`no runs in ${path}; name a zip made by “Export run” or by pack`)
  return logs.map((events) => runOf(events, entries, path))
}

const isZip = (path: string) => /\.zip$/i.test(path) && existsSync(path) && statSync(path).isFile()

/** Throws UsageError where two runs have one name. */
function requireDistinct(runs: readonly SavedRun[]): void {
  const names = runs.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined)
    throw new UsageError(`two runs have the name ${twice}; name a folder that contains both, or rename one`)
}

/** The runs of a path, with names; `prefix` comes before the place of a run inside it. */
async function runsAt(
  path: string,
  zip: OpenFile | null,
  prefix: boolean,
): Promise<(SavedRun & { isWhole: boolean })[]> {
  const own = basename(resolve(path)).replace(zip ? /\.zip$/i : '', '')
  const found = zip ? await zipOf(path, zip.blob) : foldersOf(path)
  return found.map(({ place, ...run }) => ({
    ...run,
    name: place === '' ? own : prefix ? `${own}/${place}` : place,
    isWhole: place === '',
  }))
}

/**
 * Opens the runs in some folders and zips. A run has its path in the folder or zip as its name; with several of them, the
 * name of the folder or zip comes first. Rejects with UsageError.
 */
export async function openSavedRuns(paths: readonly string[]): Promise<SavedRuns> {
  if (paths.length === 0) throw new FlagError('missing argument: a run folder, a folder of runs, or a zip of runs')
  const zips: OpenFile[] = []
  const close = async () => {
    for (const zip of zips) await zip.close()
  }
  try {
    const all = []
    for (const path of paths) {
      const zip = isZip(path) ? await openFile(path) : null
      if (zip) zips.push(zip)
      all.push(...(await runsAt(path, zip, paths.length > 1)))
    }
    requireDistinct(all)
    return { runs: all, isOne: all.length === 1 && all[0].isWhole, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
