/**
 * Moves the runs that earlier versions of the page stored in IndexedDB to folders. Such a record has the run's events as
 * gzipped JSON lines, without activities, graph reports and units, and the measurement tables as CSV.
 */
import { messageOf } from '../message.ts'
import type { StartEvent } from '../protocol/run-events.ts'
import type { Origin } from '../protocol/run-record.ts'
import type { EarlierRuns } from './earlier-store.ts'
import type { EditableRunFiles, RunFolders } from './folders.ts'
import type { RunFiles } from './format/files.ts'
import { infoName, newInfo } from './format/info.ts'
import { jsonText } from './format/json-file.ts'
import { logName } from './format/log.ts'
import { openRunReader } from './format/reader.ts'
import { RunError } from './format/run-error.ts'
import { type MeasuredTexts, tableFiles } from './tables.ts'

interface EarlierRun {
  readonly id: string
  readonly name: string
  readonly origin: Origin
  readonly time: number
  readonly log: Blob
  readonly tables: MeasuredTexts
}

const isText = (value: unknown): value is string => typeof value === 'string'
const field = (value: object, key: string): unknown => Reflect.get(value, key)

/** The first version stored two tables as fields of the record. */
function tablesOf(value: object): MeasuredTexts {
  const tables = field(value, 'tables')
  const own = typeof tables === 'object' && tables !== null ? tables : value
  const named = ['curves', 'units', 'linearity', 'indices'].map((name) => [name, field(own, name)] as const)
  return Object.fromEntries(named.filter(([, text]) => isText(text)))
}

/** A record with its fields checked; null for one that is no run. */
function parseEarlier(value: unknown): EarlierRun | null {
  if (typeof value !== 'object' || value === null) return null
  const [id, name, origin, time, log] = ['id', 'name', 'origin', 'time', 'log'].map((key) => field(value, key))
  if (!isText(id) || !/^[\w-][\w.-]{0,99}$/.test(id) || !isText(name) || !(log instanceof Blob)) return null
  return {
    id,
    name,
    origin: origin === 'imported' ? 'imported' : 'trained',
    time: typeof time === 'number' && time >= 0 ? time : 0,
    log,
    tables: tablesOf(value),
  }
}

async function unpacked({ log, name }: EarlierRun): Promise<Blob> {
  try {
    const through = new DecompressionStream('gzip') as ReadableWritablePair<Uint8Array, Uint8Array<ArrayBuffer>>
    return await new Response(log.stream().pipeThrough(through)).blob()
  } catch {
    throw new RunError(
      `${name}: the copy of an earlier version of the lab is damaged; it stays in this browser’s storage`,
    )
  }
}

/** The first start event of a log, which is checked to its end. Rejects with RunError. */
async function checkedStart(files: RunFiles, name: string): Promise<StartEvent> {
  const reader = await openRunReader(files, name)
  for await (const _ of reader.events());
  await reader.tables()
  return reader.start
}

async function sameBytes(a: Blob, b: Blob | null): Promise<boolean> {
  if (!b || a.size !== b.size) return false
  const [own, other] = await Promise.all([a, b].map(async (blob) => new Uint8Array(await blob.arrayBuffer())))
  return own.every((byte, i) => byte === other[i])
}

/** Writes the folder of a run. run.json comes last: a folder without it is written again. */
async function writeEarlier(run: EarlierRun, log: Blob, files: EditableRunFiles): Promise<void> {
  const { id, name, origin, time } = run
  const info = { ...newInfo({ id, created: time, name }), origin }
  for (const [path, text] of tableFiles(run.tables)) await files.replace(path, text)
  await files.replace(logName, log)
  const { config, environment } = await checkedStart(files, name)
  await files.replace('config.json', jsonText(config))
  await files.replace('environment.json', jsonText(environment))
  await files.replace(infoName, jsonText(info))
  if (!(await sameBytes(log, await files.read(logName))))
    throw new RunError(`${name}: the browser did not store it as it was; load the page again to repeat that`)
}

/** The copy of an earlier visit is complete: run.json was written after everything else. */
async function isMoved(log: Blob, files: RunFiles): Promise<boolean> {
  return (await files.read(infoName)) !== null && (await sameBytes(log, await files.read(logName)))
}

async function moveOne(value: unknown, key: IDBValidKey, folders: RunFolders): Promise<void> {
  const run = parseEarlier(value)
  if (!run)
    throw new RunError(`A run of an earlier version of the lab (${String(key)}) cannot be read; it stays stored`)
  const log = await unpacked(run)
  if (!(await isMoved(log, folders.open(run.id)))) await writeEarlier(run, log, folders.edit(run.id))
}

/**
 * Moves all runs, one after another: a run leaves IndexedDB when its folder was written and read back. Interrupted, it is
 * repeated by the next visit. Resolves with a sentence for each run that could not be moved and stays where it is.
 */
export const moveEarlierRuns = (earlier: EarlierRuns, folders: RunFolders): Promise<string[]> =>
  earlier.alone(() => moveAll(earlier, folders))

async function moveAll(earlier: EarlierRuns, folders: RunFolders): Promise<string[]> {
  const problems: string[] = []
  for (const [key, value] of await earlier.entries()) {
    try {
      await moveOne(value, key, folders)
      await earlier.remove(key)
    } catch (error) {
      problems.push(messageOf(error))
    }
  }
  return problems
}
