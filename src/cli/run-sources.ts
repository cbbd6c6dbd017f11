/** Finds the runs of a folder or of a zip, and reads their events one by one. */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { BlobReader, type FileEntry, ZipReader } from '@zip.js/zip.js'
import { openFile } from '../data/node/file-blob.ts'
import { messageOf } from '../message.ts'
import type { RecordedEvent } from '../protocol/run-events.ts'
import { streamEvents } from '../runs/event-stream.ts'
import { RunError } from '../runs/format/run-error.ts'
import { UsageError } from './arguments.ts'
import { findRuns } from './experiment-runs.ts'
import { eventsPath } from './read-events.ts'

export interface RunSource {
  /** Unique among the sources. */
  readonly name: string
  /** Rejects with RunError for a damaged log. */
  readonly events: () => AsyncIterable<RecordedEvent>
}

export interface RunSources extends AsyncDisposable {
  readonly sources: readonly RunSource[]
}

const chunkBytes = 2 ** 20

async function* bytesOf(path: string, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: chunkBytes })
  } catch (error) {
    throw new RunError(`${name}: cannot read events.jsonl (${messageOf(error)})`)
  }
}

const folderSources = (folder: string): RunSource[] =>
  findRuns([folder]).map(({ folder: run, name }) => ({
    name,
    events: () => streamEvents(bytesOf(eventsPath(run), name), name),
  }))

/** The unpacked bytes of a file. Rejects where they differ from the zip's checksum. */
async function* unpacked(entry: FileEntry, name: string): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  // Handled here, so that a reader that stops early leaves no rejection behind.
  const failure = entry.getData(writable, { checkSignature: true }).then(
    () => null,
    (error: unknown) => messageOf(error),
  )
  const damaged = (reason: string) =>
    new RunError(`${name}: its events.jsonl is damaged in the zip (${reason}); export or download it again`)
  try {
    yield* readable
  } catch (error) {
    throw damaged((await failure) ?? messageOf(error))
  }
  const reason = await failure
  if (reason !== null) throw damaged(reason)
}

const log = /(^|\/)events\.jsonl$/

/** A run at the top of the zip has the name of the zip, another one the path of its folder. */
function zipSource(entry: FileEntry, zip: string): RunSource {
  const folder = entry.filename.replaceAll('\\', '/').replace(log, '')
  const name = folder || basename(zip).replace(/\.zip$/i, '')
  return { name, events: () => streamEvents(unpacked(entry, name), name) }
}

async function zipSources(blob: Blob, path: string): Promise<RunSource[]> {
  try {
    const reader = new ZipReader(new BlobReader(blob), { useWebWorkers: false, filenameValidation: 'tolerant' })
    const entries = await reader.getEntries()
    const logs = entries.filter((entry) => !entry.directory && log.test(entry.filename.replaceAll('\\', '/')))
    return logs.map((entry) => zipSource(entry as FileEntry, path))
  } catch (error) {
    throw new UsageError(`${path} is neither a run folder nor a whole zip (${messageOf(error)})`)
  }
}

/** Finds the runs of a folder or a zip. Throws UsageError where there are none. */
export async function openRuns(path: string): Promise<RunSources> {
  if (!existsSync(path)) throw new UsageError(`no such folder or zip: ${path}`)
  if (statSync(path).isDirectory()) return { sources: folderSources(path), [Symbol.asyncDispose]: async () => {} }
  const { blob, close } = await openFile(path)
  try {
    const sources = await zipSources(blob, path)
    if (sources.length === 0)
      throw new UsageError(`no runs in ${path}; use a zip from “Export run” or from \`npm run lab -- pack\``)
    return { sources, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
