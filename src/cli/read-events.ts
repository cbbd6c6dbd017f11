/** Reads the event log of a run folder. */
import { join } from 'node:path'
import type { RecordedEvent } from '../protocol/run-events.ts'
import { parsedLine } from '../runs/event-lines.ts'
import { readInput, UsageError } from './arguments.ts'

/** A line that is no event. */
export interface Damage {
  /** From 1. */
  readonly line: number
  readonly problem: string
}

/** The events up to the first damaged line, if there is one. */
export interface EventLog {
  readonly events: RecordedEvent[]
  readonly damage: Damage | null
}

/**
 * Reads an events.jsonl up to its first damaged line. Leaves out an incomplete last line, which a crash may leave. Throws
 * UsageError where the file cannot be read.
 */
export function readEventLog(path: string): EventLog {
  const lines = readInput(path, 'event log').toString('utf8').split('\n')
  const events: RecordedEvent[] = []
  for (const [i, line] of lines.entries()) {
    if (line === '') continue
    const event = parsedLine(line)
    if (typeof event !== 'string') events.push(event)
    else if (i < lines.length - 1) return { events, damage: { line: i + 1, problem: event } }
  }
  return { events, damage: null }
}

export const damageText = (path: string, { line, problem }: Damage): string =>
  `line ${line} of ${path} is not an event (${problem})`

/** The events of an events.jsonl. Throws UsageError, which names a damaged line and the cure. */
export function readEvents(path: string): RecordedEvent[] {
  const { events, damage } = readEventLog(path)
  if (damage) throw new UsageError(`${damageText(path, damage)}; delete that line to go on without it`)
  return events
}

export const eventsPath = (folder: string): string => join(folder, 'events.jsonl')
