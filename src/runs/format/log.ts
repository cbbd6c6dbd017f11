/** The lines of events.jsonl, of this format and of format 1: events with their places in the file. */
import type { LoggedEvent, LoggedProbe, ProbeEvent, RecordedEvent, UnitsPlace } from '../../protocol/run-events.ts'
import { lineProblem } from '../event-shape.ts'
import { summariesOf } from './units.ts'

export const logName = 'events.jsonl'

/** Bytes of the longest line. In format 1, a probe of 15,104 units has about a million. */
const longestLine = 2 ** 24

/** A line of a file, by its place in bytes; `bytes` includes its line break. */
export interface Line {
  readonly at: number
  readonly bytes: number
  readonly content: Uint8Array
  /** Whether a line break ends it. */
  readonly complete: boolean
}

const lineBreak = 0x0a

function joinedWith(begun: readonly Uint8Array[], end: Uint8Array): Uint8Array {
  if (begun.length === 0) return end
  const all = new Uint8Array(begun.reduce((sum, { length }) => sum + length, end.length))
  let at = 0
  for (const part of [...begun, end]) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** The lines of a file, those of each piece together. Throws RangeError for one that is too long. */
export async function* linesOf(log: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<readonly Line[]> {
  let begun: Uint8Array[] = []
  let [at, waiting] = [0, 0]
  const line = (end: Uint8Array, complete: boolean): Line => {
    const content = joinedWith(begun, end)
    const bytes = content.length + (complete ? 1 : 0)
    const own = { at, bytes, content, complete }
    at += bytes
    begun = []
    waiting = 0
    return own
  }
  for await (const piece of log) {
    const lines: Line[] = []
    let from = 0
    for (let to = piece.indexOf(lineBreak); to >= 0; to = piece.indexOf(lineBreak, from)) {
      lines.push(line(piece.subarray(from, to), true))
      from = to + 1
    }
    if (from < piece.length) begun.push(piece.slice(from))
    waiting += piece.length - from
    if (waiting > longestLine)
      throw new RangeError(`${path} has a line of more than ${longestLine} bytes; it is no log of a run`)
    if (lines.length > 0) yield lines
  }
  if (waiting > 0) yield [line(new Uint8Array(0), false)]
}

/** An event and the place of its line. */
export interface LogLine {
  readonly event: LoggedEvent
  readonly at: number
  readonly bytes: number
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function parsed(content: Uint8Array): unknown {
  return JSON.parse(decoder.decode(content))
}

/** JSON stores a number that is not finite as null. */
const restored = <T extends object>(value: T, keys: readonly (keyof T)[]): T => {
  const lost = keys.filter((key) => value[key] === null)
  return lost.length === 0 ? value : { ...value, ...Object.fromEntries(lost.map((key) => [key, Number.NaN])) }
}

const summaryKeys = [
  'selectivity',
  'floor',
  'lower',
  'upper',
  'floorLower',
  'floorUpper',
] as const satisfies readonly (keyof LoggedProbe['modules'][number])[]

const restoredProbe = (probe: LoggedProbe & { time: number }): LoggedProbe & { time: number } => ({
  ...probe,
  network: restored(probe.network, ['selectivity', 'floor']),
  modules: probe.modules.map((own) => restored(own, summaryKeys)),
  sites: probe.sites.map((own) => restored(own, ['selectivity', 'floor'])),
})

/** The event with NaN for the numbers that were not finite. */
function withNumbers(event: LoggedEvent): LoggedEvent {
  switch (event.type) {
    case 'step':
      return restored(event, ['loss', 'crossEntropy', 'penalty', 'learningRate', 'top1', 'top5'])
    case 'evaluation':
      return restored(event, ['loss', 'crossEntropy', 'top1', 'top5'])
    case 'probe':
      return restoredProbe(event)
    default:
      return event
  }
}

/** The probe as the log records it; its units are at `units`. */
export const loggedProbe = <T extends ProbeEvent>(
  { sites, ...probe }: T,
  units: UnitsPlace | null,
): Omit<T, 'sites'> & Pick<LoggedProbe, 'sites' | 'units'> => ({ ...probe, sites: summariesOf(sites), units })

const hasUnits = (event: LoggedEvent | RecordedEvent): event is ProbeEvent & { time: number } =>
  event.type === 'probe' && !('units' in event)

/** The event of a line, or what is wrong with the line. */
function parsedEvent({ content, at, bytes }: Line): LoggedEvent | string {
  let value: unknown
  try {
    value = parsed(content)
  } catch {
    return 'it is not JSON'
  }
  const problem = lineProblem(value)
  if (problem !== null) return problem
  const event = value as LoggedEvent | RecordedEvent
  if (!hasUnits(event)) return withNumbers(event as LoggedEvent)
  return withNumbers(loggedProbe(event, event.sites.length === 0 ? null : { kind: 'line', at, bytes }))
}

/** The probe of a line of format 1, with its units. Throws RangeError for a line that is no such probe. */
export function unitsOfLine(content: Uint8Array): ProbeEvent {
  let value: unknown
  try {
    value = parsed(content)
  } catch {
    throw new RangeError('the line is not JSON')
  }
  const problem = lineProblem(value)
  const event = value as RecordedEvent
  if (problem !== null || !hasUnits(event)) throw new RangeError(problem ?? 'the line is no probe with units')
  const numbers = (values: readonly number[]) => values.map((number) => number ?? Number.NaN)
  const sites = event.sites.map((site) => ({
    ...site,
    selectivity: numbers(site.selectivity),
    floor: numbers(site.floor),
  }))
  return { ...event, sites }
}

export interface ReadingOptions {
  /** Ends the message about a damaged line. */
  readonly cure?: string
  /** Takes the message about a damaged line, which is then left out. Without it, the line is an error. */
  readonly skip?: (problem: string) => void
}

const isBlank = ({ content }: Line) => content.every((byte) => byte === 0x0d || byte === 0x20)

/**
 * The events of a log. `path` names it in messages. Leaves out an incomplete last line, which a crash may leave. Throws
 * RangeError for a damaged line, unless it may be skipped.
 */
export async function* readLines(
  log: AsyncIterable<Uint8Array>,
  path: string,
  { cure = 'delete that line to go on without it', skip }: ReadingOptions = {},
): AsyncGenerator<LogLine> {
  let number = 0
  for await (const lines of linesOf(log, path)) {
    for (const line of lines) {
      number++
      if (line.bytes < 3 && isBlank(line)) continue
      const event = parsedEvent(line)
      if (typeof event !== 'string') yield { event, at: line.at, bytes: line.bytes }
      else if (line.complete) {
        const problem = `line ${number} of ${path} is not an event (${event})`
        if (!skip) throw new RangeError(`${problem}; ${cure}`)
        skip(`${problem} and was left out`)
      }
    }
  }
}

export const lineOf = (event: LoggedEvent): string => `${JSON.stringify(event)}\n`
