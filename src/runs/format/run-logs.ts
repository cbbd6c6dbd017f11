/** The growing logs of a run: events.jsonl, units.bin, and where they are wanted the CSV files. */
import { crc32 } from '../../crc.ts'
import type { LoggedEvent, RecordedEvent } from '../../protocol/run-events.ts'
import type { LoggedUpTo } from '../../protocol/run-record.ts'
import { eventLine, metricsRow, selectivityRows } from '../files.ts'
import { crcOf, encoded } from './blobs.ts'
import type { WritableRunFiles } from './files.ts'
import { type GrowingLog, openLog } from './growing-log.ts'
import { lineOf, loggedProbe, logName } from './log.ts'
import { csvFiles, csvPieces, nothingRecorded, type Recorded, readRecorded, see } from './recorded.ts'
import { checksumOf, packUnits, recordBytes, unitsName } from './units.ts'

type LogFile = typeof logName | typeof unitsName | (typeof csvFiles)[number]['name']

type Append = readonly [LogFile, Uint8Array<ArrayBuffer>]

/** Takes an event as the log has it, and the record of a probe's units. */
export type OnLogged = (event: LoggedEvent, record: Uint8Array<ArrayBuffer> | null) => void

export interface RunLogs {
  readonly recorded: Recorded
  /** Adds an event to what waits to be written. */
  readonly add: (event: RecordedEvent) => void
  /** Bytes of the next append that waits; 0 where none does. */
  readonly waiting: () => number
  /** Writes what waits, in order. Rejects where the storage refuses; the rest waits on. */
  readonly write: () => Promise<void>
  /** Returns once what was written is on the disk. Throws where the storage refuses. */
  readonly sync: () => void
  /** How far they are written. */
  readonly upTo: () => LoggedUpTo
  /** Throws where the storage refuses. */
  readonly close: () => void
}

/** The appends of an event: its units come before the line that names them. */
function appendsOf(recorded: Recorded, event: RecordedEvent, csv: boolean, onLogged: OnLogged): Append[] {
  const rows = csv ? csvRows(event) : []
  if (event.type !== 'probe') {
    see(recorded, event)
    onLogged(event, null)
    return [[logName, encoded(lineOf(event))], ...rows]
  }
  const record = packUnits(recorded.layout, event.sites)
  if (!record && event.sites.length > 0) {
    // A record could not hold these units without loss, so they stay in their line, as in format 1.
    recorded.time = event.time
    onLogged(loggedProbe(event, null), null)
    return [[logName, encoded(eventLine(event))], ...rows]
  }
  const place = record && ({ kind: 'record', index: recorded.records, crc32: checksumOf(record) } as const)
  const logged = loggedProbe(event, place)
  see(recorded, logged)
  onLogged(logged, record)
  const line: Append = [logName, encoded(lineOf(logged))]
  return record ? [[unitsName, record], line, ...rows] : [line, ...rows]
}

function csvRows(event: RecordedEvent): Append[] {
  const rows: readonly (readonly [LogFile, string])[] = [
    ['metrics.csv', metricsRow(event)],
    ['selectivity.csv', event.type === 'probe' ? selectivityRows(event) : ''],
  ]
  return rows.flatMap(([file, text]): Append[] => (text === '' ? [] : [[file, encoded(text)]]))
}

async function openFiles(files: WritableRunFiles, { bytes, records, layout }: Recorded, csv: boolean) {
  const logs = new Map<LogFile, GrowingLog>()
  logs.set(unitsName, await openLog(files, unitsName, records * recordBytes(layout)))
  logs.set(logName, await openLog(files, logName, bytes))
  for (const { name } of csv ? csvFiles : []) logs.set(name, await openLog(files, name, 0))
  return logs
}

/**
 * Opens the logs of a run behind what they have, and makes the CSV files from it. `notice` takes messages about units that
 * are damaged. Rejects with RunError, or where the storage refuses.
 */
export async function openRunLogs(
  files: WritableRunFiles,
  name: string,
  csv: boolean,
  notice: (message: string) => void,
  onLogged: OnLogged = () => {},
): Promise<RunLogs> {
  const found = await readRecorded(files, name)
  const recorded = found?.recorded ?? nothingRecorded()
  // Browsers refuse to read a file as it was before it was cut, so that this comes first.
  let crc = found ? await crcOf(found.log, recorded.bytes) : 0
  const logs = await openFiles(files, recorded, csv)
  for (const own of csv ? csvFiles : [])
    for await (const piece of found ? csvPieces(own, found.run, notice) : [encoded(own.header)])
      await logs.get(own.name)?.append(piece)
  const waiting: Append[] = []
  const lengthOf = (log: LogFile) => logs.get(log)?.length() ?? 0
  return {
    recorded,
    add: (event) => void waiting.push(...appendsOf(recorded, event, csv, onLogged)),
    waiting: () => waiting[0]?.[1].length ?? 0,
    write: async () => {
      for (let next = waiting[0]; next; next = waiting[0]) {
        const [log, bytes] = next
        await logs.get(log)?.append(bytes)
        if (log === logName) crc = crc32(bytes, crc)
        waiting.shift()
      }
    },
    sync: () => {
      for (const log of logs.values()) log.sync()
    },
    upTo: () => ({ events: lengthOf(logName), units: lengthOf(unitsName), crc32: crc }),
    close: () => closeAll([...logs.values()]),
  }
}

/** Closes each log, also when another one fails. Throws the first failure. */
function closeAll(logs: readonly GrowingLog[]): void {
  const failures: unknown[] = []
  for (const log of logs) {
    try {
      log.close()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
