/** Reads the events of an events.jsonl one by one, so that a long log need not fit into memory. */
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

async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = ''
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = text.split('\n')
    lines[0] = rest + lines[0]
    rest = lines.pop() ?? ''
    yield* lines
  }
  yield rest
}

/** `path` names the log in messages. Leaves out an incomplete last line. Throws RangeError for a damaged line. */
export async function* eventsOf(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  path: string,
): AsyncGenerator<RecordedEvent> {
  let number = 0
  let damage: string | null = null
  for await (const line of linesOf(bytes)) {
    // Only the last line may be incomplete.
    if (damage !== null) throw new RangeError(`${damage}; delete that line to go on without it`)
    number++
    if (line === '') continue
    const event = parsedLine(line)
    if (typeof event !== 'string') yield event
    else damage = `line ${number} of ${path} is not an event (${event})`
  }
}
