import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RecordedEvent } from '../protocol/run-events.ts'
import { startEvent, stepEvent } from '../testing/events.ts'
import { streamEvents } from './event-stream.ts'
import { eventLine } from './files.ts'
import { RunError } from './format/run-error.ts'

const start: RecordedEvent = { ...startEvent, time: 0 }

/** Bytes in pieces of the given sizes, then the rest. */
async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const size of sizes) {
    yield bytes.subarray(at, at + size)
    at += size
  }
  yield bytes.subarray(at)
}

const bytesOf = (text: string) => new TextEncoder().encode(text)

async function read(text: string, sizes: readonly number[] = []): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const event of streamEvents(pieces(bytesOf(text), sizes), 'mine')) events.push(event)
  return events
}

const warning = (message: string): RecordedEvent => ({ type: 'warning', step: 1, epoch: 0, time: 1, message })

describe('the events of a log', () => {
  test('do not depend on where its bytes are divided', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary' })), sizes, async (messages, divided) => {
        const events = [start, ...messages.map(warning), stepEvent(1, 2)]
        const text = events.map(eventLine).join('')
        expect(await read(text, divided)).toEqual(await read(text))
        expect(await read(text)).toEqual(events.map((event): unknown => JSON.parse(eventLine(event))))
      }),
    )
  })

  test('end before an incomplete last line; a whole last line counts without a line break', async () => {
    const text = [start, stepEvent(1, 1), stepEvent(2, 2)].map(eventLine).join('')
    expect(await read(text.slice(0, -9))).toHaveLength(2)
    expect(await read(text.slice(0, -1))).toHaveLength(3)
    expect(await read(text.replaceAll('\n', '\r\n'))).toHaveLength(3)
  })

  test('end with an error that names the line and the cure', async () => {
    const text = eventLine(start)
    const cases: [string, RegExp][] = [
      [`${text}\n{}\n`, /^mine: line 3 of events\.jsonl is not an event \(its type is missing\); delete that line/],
      [`${text}{"type":"step"\n`, /^mine: line 2 of events\.jsonl is not an event \(it is not JSON\)/],
      [eventLine(stepEvent(1, 1)), /^mine: events\.jsonl has no start event/],
      ['', /^mine: events\.jsonl has no start event/],
    ]
    for (const [log, message] of cases) {
      await expect(read(log)).rejects.toThrow(message)
      await expect(read(log)).rejects.toThrow(RunError)
    }
  })

  test('end with an error at a line without an end, which would fill the memory', async () => {
    const endless = (async function* () {
      for (;;) yield new Uint8Array(2 ** 20).fill(0x20)
    })()
    const reading = async () => {
      for await (const _ of streamEvents(endless, 'mine'));
    }
    await expect(reading()).rejects.toThrow(/^mine: events\.jsonl has a line of more than 16777216 characters/)
  })
})
