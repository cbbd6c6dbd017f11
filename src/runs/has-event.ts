/** Whether a run's folder has what the page knows of the run. */
import type { LoggedEvent } from '../protocol/run-events.ts'
import type { RunFiles } from './format/files.ts'
import { openRunReader } from './format/reader.ts'

/** Bytes at the end of a log in which its newest events are looked for. */
const tail = 1 << 20

const isSame = (line: string, { type, time }: LoggedEvent): boolean => {
  try {
    const event: unknown = JSON.parse(line)
    return (
      typeof event === 'object' &&
      event !== null &&
      Reflect.get(event, 'type') === type &&
      Reflect.get(event, 'time') === time
    )
  } catch {
    return false
  }
}

/**
 * Whether a log has an event that a run has recorded, and so all events before it. The worker writes an event before it
 * posts it; where the storage refuses it, only the page has it.
 */
export async function hasEvent(files: RunFiles, event: LoggedEvent): Promise<boolean> {
  const log = await files.read('events.jsonl')
  if (!log || log.size === 0) return false
  const newest = await log.slice(Math.max(0, log.size - tail)).text()
  if (newest.split('\n').some((line) => isSame(line, event))) return true
  if (log.size <= tail) return false
  const reader = await openRunReader(files, 'the run')
  for await (const { type, time } of reader.events({ skip: () => {} }))
    if (type === event.type && time === event.time) return true
  return false
}
