/** Runs that are kept between visits: their events without what comparing does not read, packed; no checkpoints. */
import { createStore, del, entries, set } from 'idb-keyval'
import { type ConfigError, parseConfig } from '../config/config.ts'
import { hexOf } from '../hex.ts'
import { isRecordedEvent, type RecordedEvent } from '../protocol/run-events.ts'
import { eventLine } from './files.ts'
import { append, createRun, type Run } from './reduce.ts'
import type { MeasuredTexts } from './tables.ts'

export type Origin = 'trained' | 'imported' | 'example'

/** A run as it is stored. */
export interface StoredRun {
  readonly id: string
  /** `ARM/seed-N` for a run of a plan. */
  readonly name: string
  readonly origin: Origin
  /** When it ended or was brought in, in milliseconds. */
  readonly time: number
  /** Events as JSON lines, gzipped. */
  readonly log: Blob
  /** Texts of the tables that measurements filled. */
  readonly tables: MeasuredTexts
}

export interface RunStore {
  readonly read: () => Promise<readonly StoredRun[]>
  readonly put: (run: StoredRun) => Promise<void>
  readonly remove: (id: string) => Promise<void>
}

/** A run that cannot be read; the message names it, the place and what is wrong. */
export class RunError extends Error {
  override name = 'RunError'
}

const breathe = () => new Promise<void>((resolve) => setTimeout(resolve))

/** Lines that are made or read between two breaths of the page. */
const chunk = 2000

/** Units are not compared: a probe keeps what it says of modules. What only concerns the adapter is left out. */
export function compacted(events: readonly RecordedEvent[]): RecordedEvent[] {
  return events.flatMap((event) => {
    if (event.type === 'activity' || event.type === 'graph') return []
    return [event.type === 'probe' ? { ...event, sites: [] } : event]
  })
}

const piped = (blob: Blob, through: GenericTransformStream): Promise<Blob> =>
  new Response(blob.stream().pipeThrough(through as ReadableWritablePair<Uint8Array, Uint8Array>)).blob()

/** The events that are kept, as gzipped lines. */
export async function packEvents(events: readonly RecordedEvent[]): Promise<Blob> {
  const kept = compacted(events)
  const parts: string[] = []
  for (let i = 0; i < kept.length; i += chunk) {
    parts.push(
      kept
        .slice(i, i + chunk)
        .map(eventLine)
        .join(''),
    )
    await breathe()
  }
  return piped(new Blob(parts), new CompressionStream('gzip'))
}

function eventOf(line: string, number: number, name: string): RecordedEvent {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new RunError(`${name}: line ${number} of events.jsonl is no JSON; export the run again`)
  }
  if (!isRecordedEvent(value)) {
    throw new RunError(`${name}: line ${number} of events.jsonl is no event of a run: ${line.slice(0, 60)}`)
  }
  return checked(value, name)
}

/** Configurations of other versions get the defaults of fields that they do not have. */
function checked(event: RecordedEvent, name: string): RecordedEvent {
  if (event.type !== 'start') return event
  try {
    return { ...event, config: parseConfig(event.config) }
  } catch (error) {
    throw new RunError(`${name}: its configuration cannot be used: ${(error as ConfigError).message}`)
  }
}

/** A run from its events.jsonl; a last line that breaks off is left out. Rejects with RunError. */
export async function readLog(id: string, name: string, text: string): Promise<Run> {
  const lines = text.split('\n')
  // Whole lines end with a line break: what stands behind the last one was being written when the run was cut off.
  lines.pop()
  const run = createRun(id)
  for (const [i, line] of lines.entries()) {
    if (line !== '') append(run, eventOf(line, i + 1, name))
    if (i % chunk === chunk - 1) await breathe()
  }
  if (!run.start) throw new RunError(`${name}: events.jsonl has no start event; it is no run, or one cut off too early`)
  return run
}

/** Rejects with RunError where what is stored is damaged. */
export async function unpackRun({ id, name, log }: StoredRun): Promise<Run> {
  const text = await piped(log, new DecompressionStream('gzip'))
    .then((blob) => blob.text())
    .catch(() => {
      throw new RunError(`${name}: what this browser stored of it is damaged; remove it and bring it in again`)
    })
  return readLog(id, name, text)
}

/** The same for the same events, wherever the run came from: hexadecimal. Rejects where the packed log is damaged. */
export async function digestOf(log: Blob): Promise<string> {
  const lines = await piped(log, new DecompressionStream('gzip'))
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await lines.arrayBuffer()))
  return hexOf(hash.subarray(0, 12))
}

const store = () => createStore('selectivity-lab-runs', 'runs')

type Kept = Omit<StoredRun, 'tables'> & { readonly tables?: MeasuredTexts } & MeasuredTexts

const isKept = (value: unknown): value is Kept =>
  typeof value === 'object' && value !== null && 'log' in value && value.log instanceof Blob && 'name' in value

/** The first version kept two tables, beside the rest. */
const storedOf = ({ curves, linearity, tables: own, ...rest }: Kept): StoredRun => ({
  ...rest,
  tables: own ?? { ...(curves ? { curves } : {}), ...(linearity ? { linearity } : {}) },
})

/** The page's own IndexedDB. Rejects where the browser keeps nothing. */
export const pageRuns: RunStore = {
  read: async () => {
    const all = (await entries<string, unknown>(store())).map(([, value]) => value).filter(isKept)
    return all.map(storedOf).sort((a, b) => a.time - b.time)
  },
  put: (run) => set(run.id, run, store()),
  remove: (id) => del(id, store()),
}
