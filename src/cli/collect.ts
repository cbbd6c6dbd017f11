/** Takes the record of a run that a worker trained into the plan's folder. Nothing in it is trusted. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig } from '../config/config.ts'
import { currentFile } from '../data/node/file-blob.ts'
import type { PlannedRun } from '../experiments/plan.ts'
import type { JobQueue } from '../experiments/queue/job-queue.ts'
import { configText, JobError, type RunResult } from '../experiments/queue/run-job.ts'
import { messageOf } from '../message.ts'
import type { RunFiles } from '../runs/format/files.ts'
import { openRunReader } from '../runs/format/reader.ts'
import { csvFiles, csvPieces } from '../runs/format/recorded.ts'
import { zippedRuns } from '../runs/format/zip-files.ts'
import { inCopyOrder, runPaths } from '../runs/run-paths.ts'
import { UsageError } from './arguments.ts'
import { createFolder } from './folder.ts'
import { lastEvent } from './read-run.ts'
import { openFolder } from './run-disk.ts'
import { bundleName, hashOf } from './work-bundle.ts'

/** The most bytes that a bundle may have when it is unpacked. */
const mostUnpacked = 2 ** 34

type Folder = ReturnType<typeof openFolder>

export interface Place {
  readonly queue: JobQueue
  /** The plan's folder. */
  readonly out: string
  /** The shared folder of runs; null without one. */
  readonly shared: string | null
  /** Of the plan's images on this machine; null where it has none. */
  readonly fingerprint: string | null
}

/** The zip of a result; null where the queue no longer has it. Rejects with UsageError where it lies in a folder that nobody named. */
async function bundleOf({ queue, shared }: Place, id: string, { bundle }: RunResult): Promise<Blob | null> {
  if (bundle.at === 'queue') {
    const bytes = await queue.kept(id)
    return bytes && new Blob([bytes])
  }
  if (shared === null)
    throw new UsageError('its record lies in the shared folder of the workers: name that with --runs')
  return currentFile(join(shared, id, bundleName))
}

/** The files of the run in a bundle. Rejects for anything but this run. */
async function runIn(
  zip: Blob,
  { name, config }: PlannedRun,
  { bundle, reason }: RunResult,
  fingerprint: string | null,
): Promise<RunFiles> {
  if (zip.size !== bundle.bytes || (await hashOf(zip)) !== bundle.sha256)
    throw new JobError(`the record of ${name} is damaged: it is not the one that the worker sent`)
  const [found, other] = await zippedRuns(zip)
  if (!found || other || found.place !== '') throw new JobError(`the record of ${name} is not that of one run`)
  const unpacked = (await found.files.list('')).reduce((sum, { bytes }) => sum + bytes, 0)
  if (unpacked > mostUnpacked) throw new JobError(`the record of ${name} would take ${unpacked} bytes`)
  const { start } = await openRunReader(found.files, name)
  if (configText(parseConfig(start.config)) !== configText(config))
    throw new JobError(`the record of ${name} is that of another configuration`)
  if (fingerprint !== null && start.environment.data.fingerprint !== fingerprint)
    throw new JobError(`the record of ${name} is that of other images`)
  const last = await lastEvent(found.files, name)
  if (last?.type !== 'end' || last.reason !== reason)
    throw new JobError(`the record of ${name} does not end with ${reason}`)
  return found.files
}

/** Rejects with JobError where the reading of a record fails, however it does. */
async function orRefuse<T>(name: string, reading: () => Promise<T>): Promise<T> {
  try {
    return await reading()
  } catch (error) {
    throw error instanceof JobError ? error : new JobError(`the record of ${name} is damaged: ${messageOf(error)}`)
  }
}

/** Writes the tables that follow from the log, as a run on this machine has them. Rejects with JobError for a damaged record. */
async function writeTables(files: RunFiles, written: Folder, name: string): Promise<void> {
  const reader = await orRefuse(name, () => openRunReader(files, name))
  const refuse = (message: string) => {
    throw new JobError(`the record of ${name} is damaged: ${message}`)
  }
  const piecesOf = async (csv: (typeof csvFiles)[number]) => {
    const pieces: Uint8Array<ArrayBuffer>[] = []
    for await (const piece of csvPieces(csv, reader, refuse)) pieces.push(piece)
    return pieces
  }
  for (const csv of csvFiles) await written.replace(csv.name, new Blob(await orRefuse(name, () => piecesOf(csv))))
}

/** Writes the record of a run and the tables that follow from it. The log comes last: a folder without it is no run. */
async function writeRecord(files: RunFiles, written: Folder, name: string): Promise<void> {
  await writeTables(files, written, name)
  for (const path of inCopyOrder(await runPaths(files))) {
    const blob = path.includes('/') ? null : await orRefuse(name, () => files.read(path))
    if (blob) await written.replace(path, blob)
  }
}

/**
 * Writes the run of a finished job to DIR/ARM/seed-N, which it has as a whole or not at all. Returns false where the queue no
 * longer has the record. Rejects with JobError for a record that is not that of the run, and with UsageError for one in a
 * shared folder that nobody named.
 */
export async function collect(place: Place, id: string, run: PlannedRun, result: RunResult): Promise<boolean> {
  const zip = await bundleOf(place, id, result)
  if (!zip) return false
  const files = await orRefuse(run.name, () => runIn(zip, run, result, place.fingerprint))
  const target = join(place.out, run.name)
  rmSync(target, { recursive: true, force: true })
  createFolder(target)
  try {
    await writeRecord(files, openFolder(target), run.name)
  } catch (error) {
    rmSync(target, { recursive: true, force: true })
    throw error
  }
  return true
}
