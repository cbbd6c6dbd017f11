import { expect, test } from 'vitest'
import type { LoggedEvent, LoggedProbe } from '../../protocol/run-events.ts'
import { sha256 } from '../../sha256.ts'
import { startEvent } from '../../testing/events.ts'
import { memoryFiles } from '../../testing/memory-files.ts'
import { madeProbe, toySites } from '../../testing/probes.ts'
import { runFiles } from '../../testing/run-folder.ts'
import { eventLine } from '../files.ts'
import { encoded } from './blobs.ts'
import { newInfo } from './info.ts'
import { jsonText } from './json-file.ts'
import { lineOf, loggedProbe } from './log.ts'
import { openRunReader, type RunReader } from './reader.ts'
import { RunError } from './run-error.ts'
import { checksumOf, packUnits } from './units.ts'

const bytes = (text: string) => encoded(text) as Uint8Array<ArrayBuffer>
const probes = [madeProbe(toySites, 0, 0), madeProbe(toySites, 3, 1)]
const records = probes.map(({ sites }) => packUnits(toySites, sites) as Uint8Array<ArrayBuffer>)
const start: LoggedEvent = { ...startEvent, sites: toySites.slice(), time: 0 }
const weights = Uint8Array.of(1, 2, 3)

async function format2(): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const places = records.map((record, index) => ({ kind: 'record', index, crc32: checksumOf(record) }) as const)
  const saved = { file: 'epoch-0001.safetensors', bytes: 3, sha256: await sha256(weights) }
  const events: LoggedEvent[] = [
    start,
    ...probes.map((probe, i) => ({ ...loggedProbe(probe, places[i]), time: i })),
    { type: 'checkpoint', step: 3, epoch: 1, ...saved, time: 9 },
    { type: 'checkpoint', step: 6, epoch: 2, file: 'epoch-0002.safetensors', bytes: 3, time: 9 },
  ]
  return new Map([
    ['run.json', bytes(jsonText(newInfo({ id: 'a', created: 1, name: 'mine' })))],
    ['events.jsonl', bytes(events.map(lineOf).join(''))],
    ['units.bin', new Uint8Array(await new Blob(records).arrayBuffer())],
    ['checkpoints/epoch-0001.safetensors', weights],
  ])
}

const format1 = () =>
  new Map([
    [
      'events.jsonl',
      bytes(
        [start, ...probes.map((probe) => ({ ...probe, time: 1 }))].map((event) => eventLine(event as never)).join(''),
      ),
    ],
  ])

async function probesOf(run: RunReader): Promise<LoggedProbe[]> {
  const found: LoggedProbe[] = []
  for await (const event of run.events()) if (event.type === 'probe') found.push(event)
  return found
}

test('opens a run of either format with the units of every probe', async () => {
  for (const files of [await format2(), format1()]) {
    const run = await openRunReader(memoryFiles(files), 'mine')
    const units = await Promise.all((await probesOf(run)).map((probe) => run.units(probe)))
    expect(units).toEqual(probes.map(({ sites }) => sites))
    expect(run.start.sites).toEqual(toySites)
  }
})

test('reads lines from a place on with their places in the whole file', async () => {
  for (const files of [await format2(), format1()]) {
    const run = await openRunReader(memoryFiles(files), 'mine')
    const all = []
    for await (const line of run.lines()) all.push(line)
    const later = []
    for await (const line of run.lines({ from: all[2].at })) later.push(line)
    expect(later).toEqual(all.slice(2))
  }
})

test('reads the folder of an earlier version with its tables and checkpoints', async () => {
  const contents = [...runFiles()].map(([path, data]) => [path, encoded(data as string)] as const)
  const run = await openRunReader(memoryFiles(new Map(contents)), 'earlier')
  expect(run.info).toBeNull()
  expect((await run.checkpoints()).map(({ file }) => file)).toEqual(
    [0, 1, 2].map((epoch) => `epoch-000${epoch}.safetensors`),
  )
  expect(Object.keys(await run.tables())).toContain('curves')
})

test('lists the checkpoints that are there, and gives only whole ones', async () => {
  const run = await openRunReader(memoryFiles(await format2()), 'mine')
  const [saved, ...others] = await run.checkpoints()
  expect(others).toEqual([])
  expect(await run.checkpoint(saved)).toEqual(weights)
  expect(await run.checkpoint({ file: 'epoch-0002.safetensors', bytes: 3 })).toBeNull()
  for (const damaged of [Uint8Array.of(1, 2, 4), Uint8Array.of(1, 2)]) {
    const files = (await format2()).set('checkpoints/epoch-0001.safetensors', damaged)
    const other = await openRunReader(memoryFiles(files), 'mine')
    await expect(other.checkpoint(saved)).rejects.toThrow(/^mine: checkpoints\/epoch-0001\.safetensors is damaged \(/)
  }
})

test('units that are damaged or missing are an error at every byte, never other numbers', async () => {
  const whole = await format2()
  const own = whole.get('units.bin') as Uint8Array<ArrayBuffer>
  for (let at = 0; at < own.length; at++) {
    const flipped = own.slice()
    flipped[at] ^= 1 << (at % 8)
    for (const contents of [flipped, own.slice(0, at)]) {
      const run = await openRunReader(memoryFiles(new Map(whole).set('units.bin', contents)), 'mine')
      const results = await Promise.allSettled((await probesOf(run)).map((probe) => run.units(probe)))
      for (const [i, result] of results.entries()) {
        if (result.status === 'fulfilled') expect(result.value).toEqual(probes[i].sites)
        else expect(result.reason).toBeInstanceOf(RunError)
      }
      expect(results.some(({ status }) => status === 'rejected')).toBe(true)
    }
  }
})

test.each<[string, string, string, RegExp]>([
  ['no log', 'events.jsonl', '', /^mine: events\.jsonl has no start event/],
  [
    'a line that is no event',
    'events.jsonl',
    '{}\n',
    /^mine: line 1 of events\.jsonl is not an event \(its type is missing\); delete that line, or export or copy the run/,
  ],
  ['a later format', 'run.json', '{"format":3}', /^mine: run\.json has format 3; open the run with a newer version/],
  [
    'a note that is no text',
    'run.json',
    '{"format":2,"id":"a"}',
    /^mine: run\.json does not describe a run \(created is missing\)/,
  ],
  ['no JSON', 'run.json', '{', /^mine: run\.json is not JSON/],
  [
    'an id that is a path',
    'run.json',
    jsonText({ ...newInfo({ id: 'a', created: 1, name: '' }), id: '../a' }),
    /id is not an id/,
  ],
  [
    'too many tags',
    'run.json',
    jsonText({ ...newInfo({ id: 'a', created: 1, name: '' }), tags: Array(51).fill('') }),
    /tags has more than 50/,
  ],
])('a damaged folder is an error that names the file: %s', async (_, path, content, message) => {
  const files = memoryFiles((await format2()).set(path, bytes(content)))
  await expect(openRunReader(files, 'mine')).rejects.toThrow(message)
  await expect(openRunReader(files, 'mine')).rejects.toThrow(RunError)
})

test('a storage that fails is an error that names the file', async () => {
  const files = memoryFiles(await format2(), { refuse: ({ path }) => (path === 'events.jsonl' ? 'before' : null) })
  await expect(openRunReader(files, 'mine')).rejects.toThrow(/^mine: cannot read events\.jsonl \(no space/)
})
