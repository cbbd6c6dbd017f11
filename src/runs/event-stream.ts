/** Reads an events.jsonl line by line, of any length in bounded memory. */
import type { RecordedEvent } from '../protocol/run-events.ts'
import { parsedLine } from './event-lines.ts'
import { RunError } from './library.ts'

/** Characters of the longest line. A probe of 15,104 units has about a million. */
const longestLine = 2 ** 24

/** The lines with whether a line break ends them. Rejects with RunError for one that is too long. */
async function* linesOf(log: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<readonly [string, boolean]> {
  const decoder = new TextDecoder()
  let begun = ''
  for await (const bytes of log) {
    const lines = (begun + decoder.decode(bytes, { stream: true })).split('\n')
    begun = lines.pop() ?? ''
    for (const line of lines) yield [line, true]
    if (begun.length > longestLine)
      throw new RunError(
        `${name}: events.jsonl has a line of more than ${longestLine} characters; it is no log of a run`,
      )
  }
  yield [begun + decoder.decode(), false]
}

/**
 * The events of an events.jsonl. Leaves out an incomplete last line, which a crash may leave. Rejects with RunError, which
 * names the run and a damaged line, or says that the run did not begin.
 */
export async function* streamEvents(log: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<RecordedEvent> {
  let number = 0
  let started = false
  for await (const [line, complete] of linesOf(log, name)) {
    number++
    if (line.trim() === '') continue
    const event = parsedLine(line)
    if (typeof event === 'string') {
      if (!complete) break
      const cure = 'delete that line or export the run again'
      throw new RunError(`${name}: line ${number} of events.jsonl is not an event (${event}); ${cure}`)
    }
    started ||= event.type === 'start'
    yield event
  }
  if (!started) throw new RunError(`${name}: events.jsonl has no start event, so the run did not begin`)
}
