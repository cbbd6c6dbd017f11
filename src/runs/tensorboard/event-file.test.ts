import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LoggedEvent, LoggedProbe, ProbeEvent, RecordedEvent } from '../../protocol/run-events.ts'
import { startEvent, stepEvent } from '../../testing/events.ts'
import { castagnoli, type ReadHistogram, type ReadValue, readTfEvents, tfRecords } from '../../testing/tfevents.ts'
import { eventLine } from '../files.ts'
import { readLines, unitsOfLine } from '../format/log.ts'
import type { LoggedRun } from '../logged.ts'
import { append, createRun } from '../reduce.ts'
import { crc32c } from './crc32c.ts'
import { eventFile, type Tally } from './event-file.ts'
import { tfRecord } from './record.ts'

/** The run of a log with these events. */
async function logOf(events: readonly RecordedEvent[]): Promise<LoggedRun> {
  const bytes = new TextEncoder().encode(events.map(eventLine).join(''))
  const all: LoggedEvent[] = []
  for await (const { event } of readLines(new Blob([bytes]).stream(), 'events.jsonl')) all.push(event)
  const units = async ({ units: place }: LoggedProbe) =>
    place?.kind === 'line' ? unitsOfLine(bytes.subarray(place.at, place.at + place.bytes)).sites : null
  return { events: () => all, units }
}

async function bytesOf(events: readonly RecordedEvent[], tally?: Tally): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of eventFile(await logOf(events), tally)) pieces.push(piece)
  return Buffer.concat(pieces)
}

const written = async (events: readonly RecordedEvent[]) => readTfEvents(await bytesOf(events))

/** Scalars have 32 bits. A number that JSON stores as null is NaN. */
const scalar = (value: number | null) => Math.fround(value ?? Number.NaN)

/** What an event file has to contain for an event: its scalars, and the values behind its histograms. */
function expected(event: RecordedEvent): [tag: string, value: number | readonly (number | null)[]][] {
  if (event.type === 'step') {
    const { loss, crossEntropy, top1, top5, penalty, alpha, learningRate, epoch, gpuBytes } = event
    const train = { 'loss/train': loss, 'crossEntropy/train': crossEntropy, 'top1/train': top1, 'top5/train': top5 }
    const all = { ...train, penalty, alpha, learningRate, epoch, gpuBytes }
    return Object.entries(all).map(([tag, value]) => [tag, scalar(value)])
  }
  if (event.type === 'evaluation') {
    const { loss, crossEntropy, top1, top5 } = event
    return Object.entries({ loss, crossEntropy, top1, top5 }).map(([k, value]) => [`${k}/validation`, scalar(value)])
  }
  if (event.type !== 'probe') return []
  const all = [{ ...event.network, module: 'network', dead: undefined }, ...event.modules]
  return [
    ...all.flatMap(({ module, selectivity, floor, dead }): [string, number][] => [
      [`selectivity/${module}`, scalar(selectivity)],
      [`floor/${module}`, scalar(floor)],
      ...(dead === undefined ? [] : [[`dead/${module}`, scalar(dead)] satisfies [string, number]]),
    ]),
    ...event.sites.flatMap(({ site, selectivity, floor }): [string, readonly (number | null)[]][] => [
      [`selectivity/${site}`, selectivity],
      [`floor/${site}`, floor],
    ]),
  ]
}

/** Checks a histogram against all values: the moments, and the count of every bucket. */
function expectHistogram(histogram: ReadHistogram, all: readonly (number | null)[]) {
  const values = all.filter((value): value is number => value !== null && Number.isFinite(value))
  const { limits, counts } = histogram
  expect([histogram.min, histogram.max]).toEqual([Math.min(...values), Math.max(...values)])
  expect(histogram.num).toBe(values.length)
  expect(histogram.sum).toBe(values.reduce((sum, value) => sum + value, 0))
  expect(histogram.sumSquares).toBe(values.reduce((sum, value) => sum + value * value, 0))
  expect(limits.length).toBe(counts.length)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(values.length)
  // As TensorBoard reads it: the first bucket begins at the minimum, the last one ends with the maximum.
  for (const [i, count] of counts.entries()) {
    const from = i === 0 ? Number.NEGATIVE_INFINITY : limits[i - 1]
    const last = i === counts.length - 1
    const inside = values.filter((value) => value >= from && (last || value < limits[i]))
    expect(count, `bucket ${i}`).toBe(inside.length)
  }
}

const isList = (value: unknown): value is readonly (number | null)[] => Array.isArray(value)

function expectAll(read: readonly ReadValue[], events: readonly RecordedEvent[]) {
  const wanted = events.flatMap((event) =>
    expected(event).flatMap(([tag, value]) =>
      isList(value) && !value.some((one) => one !== null && Number.isFinite(one)) ? [] : [{ event, tag, value }],
    ),
  )
  expect(read.map(({ tag }) => tag)).toEqual(wanted.map(({ tag }) => tag))
  for (const [i, { event, value }] of wanted.entries()) {
    expect([read[i].step, read[i].wallTime]).toEqual(['step' in event ? event.step : null, event.time / 1000])
    const own = read[i].value
    if (typeof own === 'number') expect(own).toBe(value)
    else if (isList(value)) expectHistogram(own, value)
  }
}

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 1, 0.29, 0.57, 0.1 + 0.2, -0.5, 1.5, 2 ** 40),
)
const nullable = fc.option(number, { freq: 8 }) as fc.Arbitrary<number>
const moment = {
  step: fc.oneof(fc.nat(), fc.integer({ min: 2 ** 31, max: Number.MAX_SAFE_INTEGER })),
  epoch: fc.double({ min: 0, max: 1e4, noNaN: true }),
  time: fc.nat(),
}
const scores = { loss: nullable, crossEntropy: nullable, top1: nullable, top5: nullable }
const units = fc.array(nullable, { maxLength: 40 })
const word = fc.constantFrom('layer1', 'layer2.0', 'größe', 'a b', 'x'.repeat(200))

const step = fc.record({
  type: fc.constant('step' as const),
  ...moment,
  ...scores,
  penalty: nullable,
  alpha: number,
  held: fc.boolean(),
  learningRate: nullable,
  images: fc.nat(),
  gpuBytes: fc.nat(),
})
const evaluation = fc.record({
  type: fc.constant('evaluation' as const),
  split: fc.constant('validation' as const),
  ...moment,
  ...scores,
  images: fc.nat(),
})
const summary = { selectivity: nullable, floor: nullable }
const quartiles = { lower: number, upper: number, floorLower: number, floorUpper: number }
const probe = fc.record({
  type: fc.constant('probe' as const),
  ...moment,
  images: fc.nat(),
  network: fc.record(summary),
  modules: fc.array(fc.record({ module: word, units: fc.nat(), dead: fc.nat(), ...summary, ...quartiles }), {
    maxLength: 3,
  }),
  sites: fc.array(
    fc.record({
      site: word,
      module: word,
      selectivity: units,
      floor: units,
      preferredClass: fc.array(fc.nat()),
      dead: fc.array(fc.nat({ max: 1 })),
    }),
    { maxLength: 3 },
  ),
})
const other = fc.record({
  type: fc.constant('warning' as const),
  ...moment,
  message: fc.string(),
})

const recorded = fc.oneof(step, evaluation, probe, other) satisfies fc.Arbitrary<RecordedEvent>

describe('an event file', () => {
  test('has every scalar and histogram of random events, as an independent reader finds them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(recorded, { maxLength: 12 }), async (events) => {
        // As the log on the disk has them.
        const logged = events.map((event): RecordedEvent => JSON.parse(eventLine(event)))
        expectAll(await written(events), logged)
      }),
      { numRuns: 150 },
    )
  })

  test('names tags by group, and counts what it has', async () => {
    const tally = { scalars: 0, histograms: 0 }
    const probed: ProbeEvent & { time: number } = {
      type: 'probe',
      step: 10,
      epoch: 1,
      time: 2500,
      images: 6,
      network: { selectivity: 0.5, floor: 0.25 },
      modules: [
        {
          module: 'layer1',
          units: 3,
          dead: 1,
          selectivity: 0.5,
          floor: 0.25,
          lower: 0,
          upper: 1,
          floorLower: 0,
          floorUpper: 1,
        },
      ],
      sites: [
        {
          site: 'layer1.0',
          module: 'layer1',
          selectivity: [0, 0.5, 1],
          floor: [0.25, 0.25, 0.25],
          preferredClass: [0, 1, 2],
          dead: [1, 0, 0],
        },
      ],
    }
    const read = readTfEvents(await bytesOf([{ ...startEvent, time: 0 }, probed], tally))
    expect(read.map(({ tag, step, wallTime }) => [tag, step, wallTime])).toEqual(
      [
        'selectivity/network',
        'floor/network',
        'selectivity/layer1',
        'floor/layer1',
        'dead/layer1',
        'selectivity/layer1.0',
        'floor/layer1.0',
      ].map((tag) => [tag, 10, 2.5]),
    )
    expect(read[5].value).toMatchObject({ min: 0, max: 1, num: 3, sum: 1.5, sumSquares: 1.25 })
    expect(read[6].value).toMatchObject({ limits: [0.26], counts: [3] })
    expect(tally).toEqual({ scalars: 5, histograms: 2 })
  })

  test('stores numbers that are not finite as NaN, and leaves them out of histograms', async () => {
    const diverged = { ...stepEvent(3, 0), loss: Number.POSITIVE_INFINITY, top1: Number.NaN }
    const run = createRun('id')
    append(run, diverged)
    const pieces: Uint8Array[] = []
    for await (const piece of eventFile({ events: () => run.events, units: run.units.read })) pieces.push(piece)
    const logged = await written([diverged])
    expect(readTfEvents(Buffer.concat(pieces))).toEqual(logged)
    expect(logged.filter(({ value }) => Number.isNaN(value)).map(({ tag }) => tag)).toEqual([
      'loss/train',
      'top1/train',
    ])
  })

  test('leaves out numbers that a log of an earlier version lacks', async () => {
    const { gpuBytes: _, ...earlier } = stepEvent(1, 0) as RecordedEvent & { type: 'step' }
    expect((await written([earlier as RecordedEvent])).map(({ tag }) => tag)).not.toContain('gpuBytes')
  })

  test('depends on nothing but the events, and comes in small pieces however long the run is', async () => {
    const steps = (function* () {
      for (let i = 1; i <= 10_000; i++) yield stepEvent(i, i)
    })()
    const sizes: number[] = []
    let all = 0
    for await (const piece of eventFile({ events: () => steps, units: async () => null })) {
      sizes.push(piece.length)
      all += piece.length
    }
    expect(all).toBeGreaterThan(2 ** 20)
    expect(Math.max(...sizes)).toBeLessThan(2 ** 19)
    const few = Array.from({ length: 20 }, (_, i) => stepEvent(i, i))
    expect(await bytesOf(few)).toEqual(await bytesOf(few))
  })

  test('refuses a step that is not a whole number', async () => {
    await expect(bytesOf([{ ...stepEvent(1, 0), step: 0.5 } as RecordedEvent])).rejects.toThrow(
      /invalid step in events\.jsonl: 0\.5/,
    )
  })
})

describe('records', () => {
  test('have the checksum of RFC 3720, and the reader too', () => {
    const known: [Uint8Array, number][] = [
      [new Uint8Array(32), 0x8a9136aa],
      [new Uint8Array(32).fill(255), 0x62a8ab43],
      [new TextEncoder().encode('123456789'), 0xe3069283],
    ]
    for (const [bytes, crc] of known) expect([crc32c(bytes), castagnoli(bytes)]).toEqual([crc, crc])
  })

  test('come back for any data', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (all) => {
        expect(tfRecords(Buffer.concat(all.map(tfRecord))).map((data) => [...data])).toEqual(
          all.map((data) => [...data]),
        )
      }),
    )
  })

  test('show any changed byte and any truncation', async () => {
    const file = await bytesOf([stepEvent(1, 0)])
    for (let at = 0; at < file.length; at++) {
      const damaged = Uint8Array.from(file)
      damaged[at] ^= 1 << (at % 8)
      expect(() => tfRecords(damaged), `byte ${at}`).toThrow(/checksum of (a length|data) is wrong/)
    }
    for (const cut of [1, 4, 10, file.length - 13])
      expect(() => tfRecords(file.subarray(0, -cut))).toThrow(/truncated|checksum/)
  })
})
