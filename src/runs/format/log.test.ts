import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LoggedEvent, RecordedEvent } from '../../protocol/run-events.ts'
import { startEvent, stepEvent } from '../../testing/events.ts'
import { madeProbe, toySites } from '../../testing/probes.ts'
import { runEvents } from '../../testing/run-folder.ts'
import { eventLine } from '../files.ts'
import { type LogLine, lineOf, loggedProbe, type ReadingOptions, readLines, unitsOfLine } from './log.ts'
import { RunError } from './run-error.ts'

const probe = madeProbe(toySites, 3, 1)
const logged: LoggedEvent[] = [
  { ...startEvent, sites: toySites.slice(), time: 0 },
  { ...stepEvent(1, 5), loss: Number.NaN },
  { type: 'warning', step: 1, epoch: 0.1, message: 'é🙂\u2028"\\', time: 6 },
  { ...loggedProbe(probe, { kind: 'record', index: 0, crc32: 7 }), time: 7 },
  { type: 'checkpoint', step: 3, epoch: 1, file: 'epoch-0001.safetensors', bytes: 4, sha256: 'ab'.repeat(32), time: 9 },
]
const text = logged.map(lineOf).join('')
const utf8 = (value: string) => new TextEncoder().encode(value)

async function* pieces(bytes: Uint8Array, sizes: readonly number[] = []): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const size of sizes) {
    yield bytes.subarray(at, at + size)
    at += size
  }
  yield bytes.subarray(at)
}

async function read(log: string | Uint8Array, sizes?: readonly number[], options?: ReadingOptions): Promise<LogLine[]> {
  const found: LogLine[] = []
  const bytes = typeof log === 'string' ? utf8(log) : log
  for await (const line of readLines(pieces(bytes, sizes), 'events.jsonl', options)) found.push(line)
  return found
}

const eventsIn = (lines: readonly LogLine[]) => lines.map(({ event }) => event)

test('gives the events with their places, wherever the pieces of the log end', async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 100 })
  await fc.assert(
    fc.asyncProperty(sizes, async (divided) => {
      const lines = await read(text, divided)
      expect(eventsIn(lines)).toEqual(logged)
      const own = lines.map(({ at, bytes }) => new TextDecoder().decode(utf8(text).subarray(at, at + bytes)))
      expect(own).toEqual(logged.map(lineOf))
    }),
  )
})

test('gives back any text, also after an editor has saved the log with other line ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'binary' })), async (messages) => {
      const events = messages.map((message): LoggedEvent => ({ type: 'warning', step: 1, epoch: 0, time: 1, message }))
      const log = events.map(lineOf).join('')
      const wellFormed = events.map((event): unknown => JSON.parse(lineOf(event)))
      expect(eventsIn(await read(log))).toEqual(wellFormed)
      expect(eventsIn(await read(log.replaceAll('\n', '\r\n')))).toEqual(wellFormed)
    }),
  )
})

test('reads format 1: the place of a probe with units is its line; one without units has none', async () => {
  const compact: RecordedEvent = { ...probe, sites: [], time: 8 }
  const events: RecordedEvent[] = [{ ...startEvent, time: 0 }, { ...probe, time: 7 }, compact, ...runEvents()]
  const log = events.map(eventLine).join('')
  const lines = await read(log)
  const { event, at, bytes } = lines[1]
  expect(event).toEqual({ ...loggedProbe(probe, { kind: 'line', at, bytes }), time: 7 })
  expect(unitsOfLine(utf8(log).subarray(at, at + bytes))).toEqual({ ...probe, time: 7 })
  expect(lines[2].event).toMatchObject({ sites: [], units: null })
  expect(lines).toHaveLength(events.length)
})

test('a log that is cut anywhere gives the events of its whole lines', async () => {
  for (let length = 0; length <= text.length; length += 3) {
    const whole = text.slice(0, length).split('\n').length - 1
    const found = eventsIn(await read(text.slice(0, length)))
    expect(found.slice(0, whole)).toEqual(logged.slice(0, whole))
    // A last line that lacks nothing but its line break counts.
    expect(found.length - whole).toBeLessThanOrEqual(text[length] === '\n' ? 1 : 0)
  }
})

const isKnownError = (error: unknown) => error instanceof RangeError || error instanceof RunError

test('a bit that flips gives events or an error that names the line, and never more events', async () => {
  const bytes = utf8(text)
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
      const flipped = bytes.slice()
      flipped[bit >> 3] ^= 1 << (bit & 7)
      const skipped: string[] = []
      const kept = await read(flipped, [], { skip: (problem) => skipped.push(problem) })
      expect(kept.length + skipped.length).toBeLessThanOrEqual(logged.length + 1)
      await read(flipped).catch((error) => expect(isKnownError(error)).toBe(true))
    }),
    { numRuns: 400 },
  )
})

test('hostile lines give an error that names the line, and skipping them leaves the others', async () => {
  const lines = [
    '[]',
    'null',
    '{}',
    '{"type":"constructor","time":1}',
    '{"type":"step","time":-1}',
    `${'['.repeat(100_000)}`,
    '{"__proto__":{"type":"end"},"time":0}',
    eventLine({ ...probe, sites: [{ ...probe.sites[0], floor: 'x' as unknown as [] }], time: 1 }),
    lineOf({ ...loggedProbe(probe, { kind: 'line', at: 0, bytes: 9 }), time: 1 }),
    lineOf({ ...loggedProbe(probe, { kind: 'record', index: 0.5, crc32: 1 }), time: 1 }),
    '{"type":"checkpoint","step":0,"epoch":0,"time":1,"bytes":1,"file":"../../x"}',
  ]
  for (const line of lines) {
    const log = `${lineOf(logged[0])}${line.trimEnd()}\n${lineOf(logged[1])}`
    await expect(read(log)).rejects.toThrow(/^line 2 of events\.jsonl is not an event \(.*\); delete that line/)
    const problems: string[] = []
    expect(eventsIn(await read(log, [], { skip: (problem) => problems.push(problem) }))).toEqual(logged.slice(0, 2))
    expect(problems).toEqual([expect.stringMatching(/^line 2 of events\.jsonl .* was left out$/)])
  }
})

test('any bytes give events or a known error', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      await read(bytes).catch((error) => expect(isKnownError(error)).toBe(true))
    }),
  )
})

test('a line without an end is an error before it fills the memory', async () => {
  const endless = (async function* () {
    for (;;) yield new Uint8Array(2 ** 20).fill(0x20)
  })()
  const reading = async () => {
    for await (const _ of readLines(endless, 'events.jsonl'));
  }
  await expect(reading()).rejects.toThrow(/^events\.jsonl has a line of more than 16777216 bytes/)
})
