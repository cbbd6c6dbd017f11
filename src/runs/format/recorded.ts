/** What a run's log has when its writer opens, and the CSV files that are made of it. */
import type { Environment, GraphReport } from '../../protocol/environment.ts'
import type { LoggedEvent } from '../../protocol/run-events.ts'
import { metricsHeader, metricsRow, selectivityHeader, selectivityRows } from '../files.ts'
import { encoded } from './blobs.ts'
import type { RunFiles } from './files.ts'
import { blobAt } from './json-file.ts'
import { logName } from './log.ts'
import { openRunReader, type RunReader } from './reader.ts'
import { RunError } from './run-error.ts'
import type { UnitsLayout } from './units.ts'

/** What the log tells so far. */
export interface Recorded {
  layout: UnitsLayout
  environment: Environment | null
  /** The newest report of each graph, by name. */
  readonly graphs: Map<string, GraphReport>
  /** Number of records in units.bin. */
  records: number
  /** Whether the momentum of every checkpoint is kept. */
  momentum: boolean
  /** Of the newest event, in milliseconds since the run's start. */
  time: number
  /** Bytes of events.jsonl. */
  bytes: number
}

export const nothingRecorded = (): Recorded => ({
  layout: [],
  environment: null,
  graphs: new Map(),
  records: 0,
  momentum: true,
  time: 0,
  bytes: 0,
})

/** Takes an event into account, in place. */
export function see(recorded: Recorded, event: LoggedEvent): void {
  recorded.time = event.time
  if (event.type === 'graph') recorded.graphs.set(event.graph.name, event.graph)
  if (event.type === 'probe' && event.units?.kind === 'record') recorded.records = event.units.index + 1
  if (event.type !== 'start') return
  // Every start of a run has the same sites.
  if (recorded.layout.length === 0) recorded.layout = event.sites
  recorded.environment = event.environment
  recorded.momentum = event.config.checkpoint?.momentum ?? true
}

/** A CSV file that grows with the log. */
export interface Csv {
  readonly name: 'metrics.csv' | 'selectivity.csv'
  readonly header: string
}

export const csvFiles: readonly Csv[] = [
  { name: 'metrics.csv', header: metricsHeader },
  { name: 'selectivity.csv', header: selectivityHeader },
]

/** The rows that an event adds to a CSV file. Rejects with RunError for units that are damaged. */
export async function rowsOf({ name }: Csv, event: LoggedEvent, run: Pick<RunReader, 'units'>): Promise<string> {
  if (name === 'metrics.csv') return event.type === 'probe' ? '' : metricsRow(event)
  if (event.type !== 'probe') return ''
  const sites = await run.units(event)
  return sites ? selectivityRows({ ...event, sites }) : ''
}

/** Characters that are written together. */
const pieceLength = 2 ** 18

/** A CSV file of a run in pieces, made of its log. `damaged` takes a message about units that are left out. */
export async function* csvPieces(
  csv: Csv,
  run: RunReader,
  damaged: (message: string) => void,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let text = csv.header
  for await (const event of run.events({ skip: damaged })) {
    try {
      text += await rowsOf(csv, event, run)
    } catch (error) {
      if (!(error instanceof RunError)) throw error
      damaged(`${error.message}; ${csv.name} lacks them`)
    }
    if (text.length < pieceLength) continue
    yield encoded(text)
    text = ''
  }
  yield encoded(text)
}

/** Opens the log of a run that goes on. Null where there is no log. Rejects with RunError. */
export async function readRecorded(
  files: RunFiles,
  name: string,
): Promise<{ recorded: Recorded; run: RunReader; log: Blob } | null> {
  const log = await blobAt(files, logName, name)
  if (!log || log.size === 0) return null
  const run = await openRunReader(files, name)
  const recorded = nothingRecorded()
  for await (const { event, at, bytes } of run.lines()) {
    see(recorded, event)
    recorded.bytes = at + bytes
  }
  return { recorded, run, log }
}
