import { BlobReader, BlobWriter, ZipWriter } from '@zip.js/zip.js'
import { expect, test } from 'vitest'
import type { RecordedEvent } from '../protocol/run-events.ts'
import { startEvent, stepEvent } from '../testing/events.ts'
import { bundleRun } from './bundle.ts'
import { importFiles, importZip } from './import.ts'
import { packEvents, readLog, unpackRun } from './library.ts'
import { append, createRun } from './reduce.ts'
import { tables } from './tables.ts'

const end: RecordedEvent = { type: 'end', step: 2, epoch: 0.2, reason: 'finished', message: '', advice: '', time: 9 }
const activity: RecordedEvent = { type: 'activity', step: 1, epoch: 0.1, activity: 'training', time: 1 }
const events: RecordedEvent[] = [{ ...startEvent, time: 0 }, activity, stepEvent(1, 1), stepEvent(2, 2), end]
const lines = (all: readonly unknown[]) => `${all.map((event) => JSON.stringify(event)).join('\n')}\n`

async function zipOf(files: Record<string, string>): Promise<Blob> {
  const zip = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false })
  for (const [path, text] of Object.entries(files)) await zip.add(path, new BlobReader(new Blob([text])))
  return zip.close()
}

test('reads a packed run again, without the events that comparisons do not use', async () => {
  const log = await packEvents(events)
  const stored = { id: 'a', name: 'none/seed-1', origin: 'trained', time: 1, log, tables: {} } as const
  const run = await unpackRun(stored)
  expect(run.events).toEqual(events.filter(({ type }) => type !== 'activity'))
  await expect(unpackRun({ ...stored, log: new Blob(['no gzip']) })).rejects.toThrow(/none\/seed-1: .* is damaged/)
})

test('imports an exported zip, and stores it once however often it is imported', async () => {
  const run = createRun('id')
  for (const event of events) append(run, event)
  const { blob } = await bundleRun(run, async () => null)
  const { runs, problems } = await importZip(blob, 'run.zip')
  expect(problems).toEqual([])
  expect(runs.map(({ name, origin }) => [name, origin])).toEqual([[startEvent.config.name, 'imported']])
  expect((await importZip(blob, 'again.zip')).runs[0].id).toBe(runs[0].id)
})

test('imports the runs of a plan folder by arm and seed, with their measurement tables', async () => {
  const header = [...tables.curves.key, ...tables.curves.values].join()
  const row = header
    .split(',')
    .map(() => '1')
    .join()
  const curves = `${header}\n${row}\n`
  const other = lines([...events.slice(0, -1), { ...end, time: 10 }])
  const files = {
    'none/seed-1/events.jsonl': lines(events),
    'none/seed-1/ablation-curves.csv': curves,
    'from-0/seed-1/events.jsonl': other,
    'from-0/seed-1/linearity.csv': '',
    'plan.json': '{}',
  }
  const list = Object.entries(files).map(([path, text]) => ({ path, file: new Blob([text]) }))
  const { runs } = await importFiles(list, 'early-or-late')
  expect(runs.map(({ name, tables: texts }) => [name, texts])).toEqual([
    ['from-0/seed-1', {}],
    ['none/seed-1', { curves }],
  ])
  expect((await importZip(await zipOf(files), 'plan.zip')).runs.map(({ id }) => id)).toEqual(runs.map(({ id }) => id))
})

test('reports what cannot be read with its place, and imports the rest', async () => {
  const zip = await zipOf({
    'none/seed-1/events.jsonl': lines(events),
    'none/seed-2/events.jsonl': `${lines(events.slice(0, 1))}{"type":"step"\n`,
    'none/seed-3/events.jsonl': lines([stepEvent(1, 1)]),
    'none/seed-4/events.jsonl': lines([{ type: 'mystery' }]),
    'none/seed-5/events.jsonl': lines([{ ...startEvent, time: 0, config: { train: { epochs: -1 } } }]),
    'none/seed-6/events.jsonl': lines(events),
    'none/seed-6/linearity.csv': 'a,b\n1,2\n',
  })
  const { runs, problems } = await importZip(zip, 'plan.zip')
  expect(runs.map(({ name }) => name)).toEqual(['none/seed-1'])
  expect(problems).toEqual([
    expect.stringMatching(/plan\.zip: none\/seed-2: line 2 of events\.jsonl is not JSON/),
    expect.stringMatching(/none\/seed-3: events\.jsonl has no start event/),
    expect.stringMatching(/none\/seed-4: line 1 .* is not an event of a run/),
    expect.stringMatching(/none\/seed-5: its configuration is invalid: invalid train\.epochs: -1/),
    expect.stringMatching(/linearity\.csv has other columns/),
  ])
})

test('explains the cure for a damaged zip and for a folder without runs', async () => {
  const whole = await zipOf({ 'events.jsonl': lines(events) })
  const half = await importZip(whole.slice(0, Math.floor(whole.size / 2)), 'half.zip')
  expect(half).toMatchObject({
    runs: [],
    problems: [expect.stringMatching(/^half\.zip is damaged or not a zip .*again$/)],
  })
  const none = await importFiles([{ path: 'readme.txt', file: new Blob([]) }], 'texts')
  expect(none.problems).toEqual([expect.stringMatching(/^texts contains no run\. Choose a zip made by “Export run”/)])
})

test('ignores an incomplete last line', async () => {
  const run = await readLog('a', 'cut', `${lines(events.slice(0, 3))}{"type":"st`)
  expect(run.steps.length).toBe(1)
})
