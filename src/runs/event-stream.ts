/** Reads the events of a run that is named in messages, and requires that it began. */
import type { RecordedEvent } from '../protocol/run-events.ts'
import { eventsOf } from './event-lines.ts'
import { RunError } from './format/run-error.ts'

/**
 * The events of an events.jsonl. Leaves out an incomplete last line, which a crash may leave. Rejects with RunError, which
 * names the run and a damaged line, or says that the run did not begin.
 */
export async function* streamEvents(log: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<RecordedEvent> {
  let started = false
  try {
    for await (const event of eventsOf(log, 'events.jsonl', 'delete that line or export the run again')) {
      started ||= event.type === 'start'
      yield event
    }
  } catch (error) {
    throw error instanceof RangeError ? new RunError(`${name}: ${error.message}`) : error
  }
  if (!started) throw new RunError(`${name}: events.jsonl has no start event, so the run did not begin`)
}
