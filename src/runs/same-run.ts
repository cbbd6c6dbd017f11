/** Compares the records of two runs that should be the same: a run and its repetition. */
import type { LoggedEvent, LoggedProbe } from '../protocol/run-events.ts'
import type { LoggedRun } from './logged.ts'

/** The events that hold results; the others say how and when they were computed. */
export type ResultEvent = Extract<LoggedEvent, { type: 'step' | 'evaluation' | 'probe' | 'checkpoint' }>

/** The first event in which two records differ. */
export interface Difference {
  readonly type: ResultEvent['type']
  readonly step: number
  readonly epoch: number
  /** Dotted path of the differing value; null where one record has no such event. */
  readonly field: string | null
  /** The values in the first and the second record; undefined where it has none. */
  readonly first?: unknown
  readonly second?: unknown
}

export interface Comparison {
  /** Number of events that are the same. */
  readonly same: number
  /** Null where the records are the same. */
  readonly difference: Difference | null
}

/** A checkpoint within an epoch was saved because somebody stopped the run there: it is no result of the configuration. */
const isStop = (event: LoggedEvent) => event.type === 'checkpoint' && event.file.startsWith('step-')

export const isResult = (event: LoggedEvent): event is ResultEvent =>
  ['step', 'evaluation', 'probe', 'checkpoint'].includes(event.type) && !isStop(event)

async function* resultsOf({ events }: LoggedRun): AsyncGenerator<ResultEvent> {
  for await (const event of events()) if (isResult(event)) yield event
}

/** Depends on the clock, on what else the process does, or on the form of the record. */
const ignored = new Set(['time', 'gpuBytes', 'units'])

type Found = Pick<Difference, 'field' | 'first' | 'second'>

const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null

/** JSON stores a number that is not finite as null. */
const known = (value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? null : value)

/** The first value that differs. */
function differing(first: unknown, second: unknown, path: readonly string[] = []): Found | null {
  if (!isTree(first) || !isTree(second)) {
    if (known(first) === known(second)) return null
    return { field: path.join('.'), first, second }
  }
  const keys = [...new Set([...Object.keys(first), ...Object.keys(second)])]
  for (const key of path.length === 0 ? keys.filter((own) => !ignored.has(own)) : keys) {
    const found = differing(Reflect.get(first, key), Reflect.get(second, key), [...path, key])
    if (found) return found
  }
  return null
}

type Kept = LoggedProbe['units']

/** Whether the records' checksums prove that the units are the same. */
const haveSameSum = (first: Kept, second: Kept) =>
  first?.kind === 'record' && second?.kind === 'record' && first.crc32 === second.crc32

/** Compares the units of a probe; only their means where a record did not keep them. */
async function differingUnits(
  [one, other]: readonly [LoggedRun, LoggedRun],
  first: LoggedProbe,
  second: LoggedProbe,
): Promise<Found | null> {
  if (haveSameSum(first.units, second.units)) return null
  const [units, others] = [await one.units(first), await other.units(second)]
  return units && others ? differing(units, others, ['sites']) : null
}

/** A record of an earlier version has no hash of a checkpoint. */
function withoutHash(event: ResultEvent, other: ResultEvent): ResultEvent {
  if (event.type !== 'checkpoint' || (other.type === 'checkpoint' && other.sha256 !== undefined)) return event
  const { sha256: _, ...rest } = event
  return rest
}

async function differenceOf(
  runs: readonly [LoggedRun, LoggedRun],
  first: ResultEvent,
  second: ResultEvent,
): Promise<Found | null> {
  const found = differing(withoutHash(first, second), withoutHash(second, first))
  if (found || first.type !== 'probe' || second.type !== 'probe') return found
  return differingUnits(runs, first, second)
}

/** Compares two records event by event, up to the first difference. */
export async function compareRecords(first: LoggedRun, second: LoggedRun): Promise<Comparison> {
  const others = resultsOf(second)
  try {
    let same = 0
    for await (const event of resultsOf(first)) {
      const { type, step, epoch } = event
      const { value: other, done } = await others.next()
      if (done) return { same, difference: { type, step, epoch, field: null, first: event } }
      const found = await differenceOf([first, second], event, other)
      if (found) return { same, difference: { type, step, epoch, ...found } }
      same++
    }
    const { value: more, done } = await others.next()
    if (done) return { same, difference: null }
    return { same, difference: { type: more.type, step: more.step, epoch: more.epoch, field: null, second: more } }
  } finally {
    await others.return(undefined)
  }
}

const names: Readonly<Record<ResultEvent['type'], string>> = {
  step: 'step',
  evaluation: 'evaluation after step',
  probe: 'probe after step',
  checkpoint: 'checkpoint after step',
}

/** One sentence. `first` and `second` name the records. */
export function differenceText({ type, step, field, ...values }: Difference, first: string, second: string): string {
  const event = `${names[type]} ${step}`
  if (field === null) return `The ${event} is only in ${values.first === undefined ? second : first}.`
  const [own, other] = [values.first, values.second].map((value) => JSON.stringify(value) ?? 'nothing')
  return `They differ first in the ${event}: ${field} is ${own} in ${first} and ${other} in ${second}.`
}
