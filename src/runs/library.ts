/** The library: runs that the browser stores between visits, without checkpoints and without events that comparisons do not use. */
import { createStore, del, entries, set } from 'idb-keyval'
import { type ConfigError, parseConfig } from '../config/config.ts'
import { hexOf } from '../hex.ts'
import type { LoggedEvent, RecordedEvent } from '../protocol/run-events.ts'
import { breathe } from './breathe.ts'
import { eventProblem, isRecordedEvent } from './event-shape.ts'
import { eventLine } from './files.ts'
import { RunError } from './format/run-error.ts'
import { append, createRun, type Run } from './reduce.ts'
import type { MeasuredTexts } from './tables.ts'

export type Origin = 'trained' | 'imported' | 'example'

/** A stored run. */
export interface StoredRun {
  readonly id: string
  /** `ARM/seed-N` for a run of a plan. */
  readonly name: string
  readonly origin: Origin
  /** When the run ended or was imported, in milliseconds since 1970. */
  readonly time: number
  /** Events as JSON lines, gzipped. */
  readonly log: Blob
  /** The measurement tables, as CSV. */
  readonly tables: MeasuredTexts
}

export interface RunStore {
  readonly read: () => Promise<readonly StoredRun[]>
  readonly put: (run: StoredRun) => Promise<void>
  readonly remove: (id: string) => Promise<void>
}

/** Lines written or parsed before the page handles its events. */
const chunk = 2000

/** The events that comparisons use: without activities and graph reports, and with probes of modules but not of units. */
export function compacted(events: readonly (LoggedEvent | RecordedEvent)[]): RecordedEvent[] {
  return events.flatMap((event): RecordedEvent[] => {
    if (event.type === 'activity' || event.type === 'graph') return []
    if (event.type !== 'probe') return [event]
    const { step, epoch, images, network, modules, time } = event
    return [{ type: 'probe', step, epoch, images, network, modules, sites: [], time }]
  })
}

const piped = (blob: Blob, through: GenericTransformStream): Promise<Blob> =>
  new Response(blob.stream().pipeThrough(through as ReadableWritablePair<Uint8Array, Uint8Array>)).blob()

/** The compacted events as gzipped JSON lines. */
export async function packEvents(events: readonly (LoggedEvent | RecordedEvent)[]): Promise<Blob> {
  const compact = compacted(events)
  const parts: string[] = []
  for (let i = 0; i < compact.length; i += chunk) {
    const lines = compact.slice(i, i + chunk).map(eventLine)
    parts.push(lines.join(''))
    await breathe()
  }
  return piped(new Blob(parts), new CompressionStream('gzip'))
}

function eventOf(line: string, number: number, name: string): RecordedEvent {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new RunError(`${name}: line ${number} of events.jsonl is not JSON; export the run again`)
  }
  if (!isRecordedEvent(value)) {
    const problem = eventProblem(value)
    throw new RunError(
      `${name}: line ${number} of events.jsonl is not an event of a run (${problem}): ${line.slice(0, 60)}`,
    )
  }
  return withWholeConfig(value, name)
}

/** Fills in fields that a configuration of another version lacks. Throws RunError for an invalid one. */
export function withWholeConfig(event: RecordedEvent, name: string): RecordedEvent {
  if (event.type !== 'start') return event
  try {
    return { ...event, config: parseConfig(event.config) }
  } catch (error) {
    throw new RunError(`${name}: its configuration is invalid: ${(error as ConfigError).message}`)
  }
}

/** Parses an events.jsonl. Ignores an incomplete last line. Rejects with RunError. */
export async function readLog(id: string, name: string, text: string): Promise<Run> {
  const lines = text.split('\n')
  // A complete line ends with a line break; the text behind the last one was being written when the run was interrupted.
  lines.pop()
  const run = createRun(id)
  for (const [i, line] of lines.entries()) {
    if (line !== '') append(run, eventOf(line, i + 1, name))
    if (i % chunk === chunk - 1) await breathe()
  }
  if (!run.start)
    throw new RunError(`${name}: events.jsonl has no start event; it is not a run, or the run ended too early`)
  return run
}

/** Reads a stored run. Rejects with RunError when it is damaged. */
export async function unpackRun({ id, name, log }: StoredRun): Promise<Run> {
  const text = await piped(log, new DecompressionStream('gzip'))
    .then((blob) => blob.text())
    .catch(() => {
      throw new RunError(`${name}: the copy in this browser is damaged; remove it and import it again`)
    })
  return readLog(id, name, text)
}

/** A hexadecimal digest of a packed log: equal for equal events. Rejects when the log is damaged. */
export async function digestOf(log: Blob): Promise<string> {
  const lines = await piped(log, new DecompressionStream('gzip'))
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await lines.arrayBuffer()))
  return hexOf(hash.subarray(0, 12))
}

const store = () => createStore('selectivity-lab-runs', 'runs')

type Readable = Omit<StoredRun, 'tables'> & { readonly tables?: MeasuredTexts } & MeasuredTexts

const isReadable = (value: unknown): value is Readable =>
  typeof value === 'object' && value !== null && 'log' in value && value.log instanceof Blob && 'name' in value

/** Converts from the first version, which stored two tables as separate fields. */
const storedOf = ({ curves, linearity, tables: own, ...rest }: Readable): StoredRun => ({
  ...rest,
  tables: own ?? { ...(curves ? { curves } : {}), ...(linearity ? { linearity } : {}) },
})

/** Stores runs in the page's IndexedDB. Rejects when the browser's storage is closed. */
export const pageRuns: RunStore = {
  read: async () => {
    const all = (await entries<string, unknown>(store())).map(([, value]) => value).filter(isReadable)
    return all.map(storedOf).sort((a, b) => a.time - b.time)
  },
  put: (run) => set(run.id, run, store()),
  remove: (id) => del(id, store()),
}
