/** Reads the events of an events.jsonl one by one, so that a log of any length takes little memory. */
import type { RecordedEvent } from '../protocol/run-events.ts'
import { eventProblem } from './event-shape.ts'

/** The event of a line, or what is wrong with the line. */
export function parsedLine(line: string): RecordedEvent | string {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return 'it is not JSON'
  }
  return eventProblem(value) ?? (value as RecordedEvent)
}

/** Characters of the longest line. A probe of 15,104 units has about a million. */
const longestLine = 2 ** 24

/** The lines, with whether a line break ends them. Throws RangeError for one that is too long. */
async function* linesOf(log: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<readonly [string, boolean]> {
  const decoder = new TextDecoder()
  let begun = ''
  for await (const bytes of log) {
    const lines = (begun + decoder.decode(bytes, { stream: true })).split('\n')
    begun = lines.pop() ?? ''
    for (const line of lines) yield [line, true]
    if (begun.length > longestLine)
      throw new RangeError(`${path} has a line of more than ${longestLine} characters; it is no log of a run`)
  }
  yield [begun + decoder.decode(), false]
}

/**
 * The events of a log. `path` names it in messages, and `cure` ends the message about a damaged line. Leaves out an
 * incomplete last line, which a crash may leave. Throws RangeError for a damaged line.
 */
export async function* eventsOf(
  log: AsyncIterable<Uint8Array>,
  path: string,
  cure = 'delete that line to go on without it',
): AsyncGenerator<RecordedEvent> {
  let number = 0
  for await (const [line, complete] of linesOf(log, path)) {
    number++
    if (line === '') continue
    const event = parsedLine(line)
    if (typeof event !== 'string') yield event
    else if (complete) throw new RangeError(`line ${number} of ${path} is not an event (${event}); ${cure}`)
  }
}
