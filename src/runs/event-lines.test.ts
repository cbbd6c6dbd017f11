import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runEvents } from '../testing/run-folder.ts'
import { eventsOf } from './event-lines.ts'
import { eventLine } from './files.ts'

const events = runEvents().map((event) => ({ ...event, note: 'é🙂' }))
const text = events.map(eventLine).join('')

/** A stream of the bytes, cut into pieces of this length. */
const cut = (bytes: Uint8Array<ArrayBuffer>, length: number) =>
  new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += length) controller.enqueue(bytes.slice(at, at + length))
      controller.close()
    },
  })

async function read(log: string, length = 100) {
  const found = []
  for await (const event of eventsOf(cut(new TextEncoder().encode(log), length), 'a/events.jsonl')) found.push(event)
  return found
}

test('gives the events, wherever the pieces of the log end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4000 }), async (length) => {
      expect(await read(text, length)).toEqual(events)
    }),
    { numRuns: 20 },
  )
})

test('leaves out an incomplete last line, at every place where it can end', async () => {
  const last = eventLine(events[3])
  const before = events.slice(0, 3).map(eventLine).join('')
  for (let length = 0; length < last.length - 1; length += 7)
    expect(await read(before + last.slice(0, length))).toEqual(events.slice(0, 3))
})

test.each([
  ['no JSON', '{"type"', /line 2 of a\/events.jsonl is not an event \(it is not JSON\); delete that line/],
  ['no event', '{"type":"stop","time":1}', /line 2 of a\/events.jsonl is not an event \(its type is unknown: "stop"\)/],
])('names a damaged line: %s', async (_, line, message) => {
  const log = [eventLine(events[0]).trimEnd(), line, eventLine(events[1])].join('\n')
  await expect(read(log)).rejects.toThrow(message)
})
