/** Opens a run's folder, of this format or of format 1, for reading. Nothing is read before it is asked for. */
import { messageOf } from '../../message.ts'
import type { CheckpointEvent, LoggedEvent, LoggedProbe, SiteProbe, StartEvent } from '../../protocol/run-events.ts'
import type { ResumePoint, RunInfo } from '../../protocol/run-record.ts'
import { createTable, type MeasuredTexts, measuredTables, tables } from '../tables.ts'
import { bytesOf, piecesOf } from './blobs.ts'
import type { RunFiles } from './files.ts'
import { readInfo } from './info.ts'
import { blobAt, readText } from './json-file.ts'
import { type LogLine, logName, type ReadingOptions, readLines, unitsOfLine } from './log.ts'
import { readPoints } from './points.ts'
import { RunError } from './run-error.ts'
import { sealedBytes } from './seal.ts'
import { checksumOf, recordBytes, type UnitsLayout, unitsName, unpackUnits } from './units.ts'

export interface RunReader {
  /** As messages name the run. */
  readonly name: string
  readonly files: RunFiles
  /** Null for a folder of format 1. */
  readonly info: RunInfo | null
  /** The first start event. Every later one has the same sites. */
  readonly start: StartEvent & { readonly time: number }
  /** The events in order, one at a time. Rejects with RunError, which names a damaged line, unless it may be skipped. */
  readonly events: (options?: Pick<ReadingOptions, 'skip'>) => AsyncGenerator<LoggedEvent>
  /** The same with their places in events.jsonl, from a place on. */
  readonly lines: (options?: Pick<ReadingOptions, 'skip'> & { readonly from?: number }) => AsyncGenerator<LogLine>
  /** The units of a probe; null where they were not kept. Rejects with RunError where they are damaged. */
  readonly units: (probe: LoggedProbe) => Promise<readonly SiteProbe[] | null>
  /** The measurement tables, as CSV. Rejects with RunError for a file that is no such table. */
  readonly tables: () => Promise<MeasuredTexts>
  /** The checkpoints that the log names and the folder has. */
  readonly checkpoints: () => Promise<readonly CheckpointEvent[]>
  /** The bytes of a checkpoint; null where the folder does not have it. Rejects with RunError where they are damaged. */
  readonly checkpoint: (
    saved: Pick<CheckpointEvent, 'file' | 'bytes' | 'sha256'>,
  ) => Promise<Uint8Array<ArrayBuffer> | null>
  /** The points from which the run can resume, as far as they are recorded. */
  readonly points: () => Promise<readonly ResumePoint[]>
}

export const checkpointPath = (file: string): string => `checkpoints/${file}`

const cure = 'delete that line, or export or copy the run again'

async function* linesOfRun(
  files: RunFiles,
  name: string,
  { skip, from = 0 }: Pick<ReadingOptions, 'skip'> & { from?: number } = {},
): AsyncGenerator<LogLine> {
  const blob = await blobAt(files, logName, name)
  if (!blob) throw new RunError(`${name} has no ${logName}, so it is no run`)
  try {
    for await (const line of readLines(piecesOf(blob, from), logName, { skip, cure }))
      yield from === 0 ? line : movedBy(line, from)
  } catch (error) {
    if (error instanceof RunError) throw error
    const reason = error instanceof RangeError ? error.message : `cannot read ${logName} (${messageOf(error)})`
    throw new RunError(`${name}: ${reason}`)
  }
}

function movedBy({ event, at, bytes }: LogLine, from: number): LogLine {
  const isProbe = event.type === 'probe' && event.units?.kind === 'line'
  return { event: isProbe ? { ...event, units: { kind: 'line', at: at + from, bytes } } : event, at: at + from, bytes }
}

async function firstStart(files: RunFiles, name: string): Promise<RunReader['start']> {
  for await (const { event } of linesOfRun(files, name)) if (event.type === 'start') return event
  throw new RunError(`${name}: ${logName} has no start event, so the run did not begin`)
}

async function readUnits(files: RunFiles, name: string, layout: UnitsLayout, { step, units }: LoggedProbe) {
  if (!units) return null
  const [path, at, bytes] =
    units.kind === 'record'
      ? [unitsName, units.index * recordBytes(layout), recordBytes(layout)]
      : [logName, units.at, units.bytes]
  const damaged = (reason: string) =>
    new RunError(`${name}: the units of the probe at step ${step} are damaged in ${path} (${reason})`)
  const blob = await blobAt(files, path, name)
  if (!blob) throw damaged('the file is missing')
  const own = await bytesOf(blob.slice(at, at + bytes)).catch((error) => {
    throw damaged(messageOf(error))
  })
  if (own.length !== bytes) throw damaged('the file ends before them')
  try {
    if (units.kind === 'line') return unitsOfLine(own).sites
    if (checksumOf(own) !== units.crc32) throw new RangeError('their checksum is another')
    return unpackUnits(layout, own)
  } catch (error) {
    throw damaged(messageOf(error))
  }
}

async function readTables(files: RunFiles, name: string): Promise<MeasuredTexts> {
  const texts: [string, string][] = []
  for (const table of measuredTables) {
    const text = await readText(files, tables[table].file, name, largestTable)
    if (!text) continue
    try {
      const own = createTable(tables[table], text)
      if (own.rows().length > 0) texts.push([table, own.text()])
    } catch (error) {
      throw new RunError(`${name}: ${messageOf(error)}`)
    }
  }
  return Object.fromEntries(texts)
}

/** Bytes of the largest measurement table that is read; one of all units at 100 checkpoints has about 300 MB. */
const largestTable = 2 ** 29

/** The newest event of each checkpoint file that is there. */
async function checkpointsOf(files: RunFiles, events: AsyncIterable<LoggedEvent>): Promise<CheckpointEvent[]> {
  const there = new Set((await files.list('checkpoints')).map(({ name }) => name))
  const found = new Map<string, CheckpointEvent>()
  for await (const event of events) {
    if (event.type === 'checkpoint' && there.has(event.file)) found.set(event.file, event)
  }
  return [...found.values()]
}

/** Opens a run. `name` is its name in messages. Rejects with RunError for a folder without a run. */
export async function openRunReader(files: RunFiles, name: string): Promise<RunReader> {
  const info = await readInfo(files, name)
  const start = await firstStart(files, name)
  const lines: RunReader['lines'] = (options) => linesOfRun(files, name, options)
  const events: RunReader['events'] = async function* (options) {
    for await (const { event } of lines(options)) yield event
  }
  return {
    name,
    files,
    info,
    start,
    events,
    lines,
    units: (probe) => readUnits(files, name, start.sites, probe),
    tables: () => readTables(files, name),
    checkpoints: () => checkpointsOf(files, events({ skip: () => {} })),
    checkpoint: ({ file, bytes, sha256 }) => sealedBytes(files, { file: checkpointPath(file), bytes, sha256 }, name),
    points: () => readPoints(files, name),
  }
}
