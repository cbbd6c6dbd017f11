import { BlobReader, TextWriter, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js'
import { parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import type { LoggedEvent, LoggedProbe, ProbeEvent } from '../protocol/run-events.ts'
import { startEvent, stepEvent } from '../testing/events.ts'
import { measuredRun } from '../testing/measured-run.ts'
import { memoryFiles } from '../testing/memory-files.ts'
import { oldFiles } from '../testing/old-runs.ts'
import { toyName, toyTrain } from '../testing/toy-trainer.ts'
import { createDigest } from './digest.ts'
import { zipRuns } from './export.ts'
import type { RunFiles } from './format/files.ts'
import { newInfo } from './format/info.ts'
import { openRunReader } from './format/reader.ts'
import { zippedRuns } from './format/zip-files.ts'
import { loadRun } from './load-run.ts'
import { measuredTexts } from './measured.ts'
import { changedFiles } from './memory-folders.ts'
import { portableEvent } from './portable.ts'
import { append, createRun, type GrowingRun } from './reduce.ts'
import { compactFiles, filesOfRun } from './run-files.ts'
import { createTable, tableFiles, tables } from './tables.ts'
import { UnitsError } from './units/source.ts'

const sites: ProbeEvent['sites'] = [
  {
    site: 'layer1.0',
    module: 'layer1',
    selectivity: [0.5, 0.125],
    floor: [0.25, 0.0625],
    preferredClass: [2, 0],
    dead: [0, 1],
  },
]
const probe = (step: number): ProbeEvent & { time: number } => ({
  ...{ type: 'probe', step, epoch: 0, time: 5, images: 6, modules: [], sites },
  network: { selectivity: 0.5, floor: 0.25 },
})

function record(): GrowingRun {
  const run = createRun('id')
  append(run, { ...startEvent, sites: [{ name: 'layer1.0', module: 'layer1', units: 2 }], time: 0 })
  append(run, { type: 'activity', activity: 'training', step: 0, epoch: 0, time: 1 })
  append(run, probe(0))
  append(run, stepEvent(1, 10))
  append(run, { type: 'checkpoint', step: 0, epoch: 0, file: 'epoch-0000.safetensors', bytes: 4, time: 12 })
  append(run, { type: 'checkpoint', step: 10, epoch: 1, file: 'epoch-0001.safetensors', bytes: 4, time: 20 })
  return run
}

const info = newInfo({ id: 'id', created: 7, name: 'mine' })
const oldRun = () => memoryFiles(oldFiles('finished'))

const none: RunFiles = { read: async () => null, list: async () => [] }
const all = { checkpoints: true, resume: true }

const zipOf = (files: RunFiles, parts = all) => zipRuns([{ folder: '', name: 'mine', files }], parts)

async function unzip(blob: Blob) {
  const entries = await new ZipReader(new BlobReader(blob)).getEntries()
  return new Map(entries.flatMap((entry) => (entry.directory ? [] : [[entry.filename, entry] as const])))
}

const textOf = async (files: Awaited<ReturnType<typeof unzip>>, name: string) =>
  (await files.get(name)?.getData?.(new TextWriter())) ?? ''

/** The events of a run, its units, and its digest. */
async function contentsOf(files: RunFiles) {
  const reader = await openRunReader(files, 'mine')
  const [events, units, digest]: [LoggedEvent[], unknown[], ReturnType<typeof createDigest>] = [[], [], createDigest()]
  for await (const event of reader.events()) {
    events.push(event)
    await digest.add(event)
    if (event.type === 'probe') units.push(await reader.units(event))
  }
  return { events, units, digest: await digest.end() }
}

const withoutUnits = (events: readonly LoggedEvent[]) =>
  events.map((event) => (event.type === 'probe' ? { ...event, units: null } : event))

test('a run in memory has the files of its folder, and those checkpoints that are stored', async () => {
  const run = record()
  const stored = changedFiles()
  const bytes = Uint8Array.of(1, 2, 3, 4)
  for (const path of ['checkpoints/epoch-0000.safetensors', 'checkpoints/epoch-0009.safetensors', 'resume/points.json'])
    await stored.replace(path, bytes)
  const exporting = filesOfRun(run, info, stored)
  append(run, stepEvent(2, 30))
  const files = await unzip(await zipOf(await exporting))
  expect([...files.keys()].sort()).toEqual([
    'checkpoints/epoch-0000.safetensors',
    'config.json',
    'environment.json',
    'events.jsonl',
    'metrics.csv',
    'run.json',
    'selectivity.csv',
    'selectivity.parquet',
    'units.bin',
  ])
  expect(JSON.parse(await textOf(files, 'run.json'))).toEqual(info)
  expect(JSON.parse(await textOf(files, 'config.json'))).toEqual(startEvent.config)
  expect(JSON.parse(await textOf(files, 'environment.json'))).toEqual(startEvent.environment)
  expect(await textOf(files, 'metrics.csv')).toBe(
    'step,epoch,split,loss,crossEntropy,penalty,alpha,learningRate,top1,top5\n1,0.1,train,2,2,0.1,0,0.1,0.1,0.5\n',
  )
  expect(await textOf(files, 'selectivity.csv')).toBe(
    'step,epoch,module,site,unit,selectivity,floor,preferredClass,dead\n' +
      '0,0,layer1,layer1.0,0,0.5,0.25,2,0\n0,0,layer1,layer1.0,1,0.125,0.0625,0,1\n',
  )
  const parquet = files.get('selectivity.parquet')
  const { buffer } = (await parquet?.getData?.(new Uint8ArrayWriter())) ?? new Uint8Array()
  expect(await parquetReadObjects({ file: buffer as ArrayBuffer })).toMatchObject([
    { step: 0, site: 'layer1.0', unit: 0, selectivity: 0.5, floor: 0.25, preferredClass: 2, dead: false },
    { step: 0, site: 'layer1.0', unit: 1, selectivity: 0.125, floor: 0.0625, preferredClass: 0, dead: true },
  ])
  const checkpoint = files.get('checkpoints/epoch-0000.safetensors')
  expect(checkpoint?.compressionMethod).toBe(0)
  expect(await checkpoint?.getData?.(new Uint8ArrayWriter())).toEqual(bytes)
})

test('a run in memory has all events and units, however long it is and wherever its units were', async () => {
  const run = record()
  for (let step = 2; step <= 5000; step++) append(run, step % 1000 === 0 ? probe(step) : stepEvent(step, step))
  const { events, units } = await contentsOf(await filesOfRun(run, info, none))
  expect(withoutUnits(events)).toEqual(withoutUnits(run.events))
  expect(units).toEqual(Array(6).fill(sites))
  const places = events.flatMap((event) => (event.type === 'probe' ? [event.units] : []))
  expect(places.map((place) => place?.kind === 'record' && place.index)).toEqual([0, 1, 2, 3, 4, 5])
  const [old] = await zippedRuns(await zipOf(oldRun()))
  for (const files of [old.files, await filesOfRun(run, info, none)]) {
    const { run: loaded } = await loadRun(await openRunReader(files, 'mine'), 'id')
    const again = await contentsOf(await filesOfRun(loaded, info, none))
    const before = await contentsOf(files)
    expect(again.units).toEqual(before.units)
    expect(again.digest).toBe(before.digest)
  }
})

test('a run in memory keeps its tables, and units that no record can hold', async () => {
  const run = measuredRun()
  append(run, { ...startEvent, fromStep: 9, time: 1000 })
  const large = { ...sites[0], preferredClass: [70_000, 0] }
  const kept: LoggedProbe & { time: number } = {
    ...probe(9),
    sites: [{ site: 'layer1.0', module: 'layer1', units: 2, selectivity: 0.3125, floor: 0.15625, dead: 1 }],
    units: { kind: 'line', at: 0, bytes: 1 },
  }
  append(run, kept)
  const read = async (own: LoggedProbe) => (own.step === 9 ? [large] : null)
  const files = await filesOfRun({ ...run, units: { ...run.units, read } }, info, none)
  expect((await contentsOf(files)).units.at(-1)).toEqual([large])
  for (const [file, text] of tableFiles(measuredTexts(run.measured)))
    expect(await (await files.read(file))?.text()).toBe(text)
})

test('a run that has not started, and one whose units cannot be read, are not exported', async () => {
  await expect(filesOfRun(createRun('id'), info, none)).rejects.toThrow(/mine has no start event/)
  const run = record()
  const read = () => Promise.reject(new UnitsError('The units at step 0 cannot be read: units.bin is missing.'))
  const damaged = filesOfRun({ ...run, units: { ...run.units, read } }, info, none)
  await expect(damaged).rejects.toThrow(/units at step 0 cannot be read/)
})

const compact = { checkpoints: false, resume: false, small: true }

test('units that cannot be read are left out of an export that allows it, and their steps are named', async () => {
  const run = record()
  append(run, probe(20))
  const read: typeof run.units.read = async (at) => {
    if (at.step === 0) throw new UnitsError('gone')
    return run.units.read(at)
  }
  const lost: number[] = []
  const files = await filesOfRun({ ...run, units: { ...run.units, read } }, info, none, (step) => lost.push(step))
  expect(lost).toEqual([0])
  const reader = await openRunReader(files, 'mine')
  const probes = []
  for await (const event of reader.events())
    if (event.type === 'probe') probes.push([event.step, await reader.units(event)])
  expect(probes).toEqual([
    [0, null],
    [20, sites],
  ])
})

test('a compact run has its results in a small part of the bytes, and all units where they are asked for', async () => {
  const files = memoryFiles()
  await toyTrain(files, { stepsPerEpoch: 4, epochs: 2, resumeSteps: 2, control: () => ({ held: false, alpha: 0 }) })
  for (const own of [files, oldRun()]) {
    const before = await contentsOf(own)
    const without = await zippedRuns(await zipOf(await compactFiles(own, toyName, { units: false }), compact))
    const paths = (await without[0].files.list('')).map(({ name }) => name).sort()
    expect(paths).not.toContain('units.bin')
    expect(paths.filter((path) => /metrics|selectivity|safetensors/.test(path))).toEqual([])
    expect([await without[0].files.list('checkpoints'), await without[0].files.list('resume')]).toEqual([[], []])
    const small = await contentsOf(without[0].files)
    expect(small.digest).toBe(before.digest)
    expect(small.events).toEqual(
      withoutUnits(before.events)
        .filter(({ type }) => !/activity|graph/.test(type))
        .map(portableEvent),
    )
    const [{ files: whole }] = await zippedRuns(await zipOf(await compactFiles(own, toyName, { units: true }), compact))
    const large = await contentsOf(whole)
    expect((await whole.list('')).map(({ name }) => name).sort()).toEqual([...paths, 'units.bin'].sort())
    expect([large.digest, large.units]).toEqual([before.digest, before.units])
  }
})

test('a compact run names no folder of the machine that recorded it, and is still known as the same run', async () => {
  const folder = '/home/grace/sets'
  const moved = { type: 'data', change: 'moved', step: 3, epoch: 1, what: '', time: 9 } as const
  const name = (source: string) => ({ source, fingerprint: 'f', contents: null })
  const start = {
    ...startEvent,
    config: { ...startEvent.config, data: { ...startEvent.config.data, source: `${folder}/animals.zip` } },
    environment: { ...startEvent.environment, driver: `Vulkan driver ${folder}/vulkan.json` },
    time: 0,
  }
  const events: LoggedEvent[] = [
    start,
    stepEvent(1, 10),
    { ...moved, from: name(`${folder}/animals.zip`), to: name('C:\\sets\\grace\\animals.zip') },
    { type: 'warning', step: 3, epoch: 1, message: `3 images of ${folder}/animals.zip: cannot be read.`, time: 9 },
  ]
  const files = changedFiles()
  const table = createTable(tables.linearity)
  table.put({
    ...{ checkpoint: 'epoch-0001.safetensors', data: `${folder}/animals.zip`, fingerprint: 'f', measure: 'readOut' },
    ...{ site: 'layer1.0', other: '', k: '', pairs: 'seeded', epoch: 1, value: 0.5, seed: 1 },
  })
  await files.replace('linearity.csv', table.text())
  await files.replace('events.jsonl', events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  await files.replace('config.json', JSON.stringify(start.config))
  await files.replace('environment.json', JSON.stringify(start.environment))
  const small = await compactFiles(files, 'mine', { units: false })
  const paths = ['events.jsonl', 'config.json', 'environment.json', 'linearity.csv']
  for (const path of paths) expect(await (await small.read(path))?.text(), path).not.toContain('grace')
  const { events: kept, digest } = await contentsOf(small)
  expect(digest).toBe((await contentsOf(files)).digest)
  expect(kept).toMatchObject([
    { config: { data: { source: 'animals.zip' } }, environment: { driver: 'Vulkan driver vulkan.json' } },
    { type: 'step' },
    { from: { source: 'animals.zip' }, to: { source: 'animals.zip' } },
    { message: '3 images of animals.zip: cannot be read.' },
  ])
  expect(await (await small.read('linearity.csv'))?.text()).toContain('epoch-0001.safetensors,animals.zip,f,readOut')
})

test('a compact run keeps measurements on images of other folders apart, also where only the folders tell them apart', async () => {
  const own = '/home/grace/sets/animals'
  const start = {
    ...startEvent,
    config: { ...startEvent.config, data: { ...startEvent.config.data, source: own } },
    time: 0,
  }
  const files = changedFiles()
  const table = createTable(tables.linearity)
  const row = { site: 'layer1.0', other: '', k: '', pairs: 'data-order', epoch: 1, seed: '', measure: 'readOut' }
  for (const [i, data] of [own, '/other/animals', 'D:\\grace\\animals'].entries())
    table.put({ ...row, checkpoint: 'epoch-0001.safetensors', data, fingerprint: '', value: i })
  await files.replace('linearity.csv', table.text())
  await files.replace('events.jsonl', `${JSON.stringify(start)}\n`)
  const once = await compactFiles(files, 'mine', { units: false })
  const twice = await compactFiles(once, 'mine', { units: false })
  for (const small of [once, twice]) {
    const text = (await (await small.read('linearity.csv'))?.text()) ?? ''
    const rows = createTable(tables.linearity, text).rows()
    expect(rows.map(({ data, value }) => [data, value])).toEqual([
      ['animals', '0'],
      ['animals (2)', '1'],
      ['animals (3)', '2'],
    ])
  }
})

test('texts lose the folders of paths with spaces in quotation marks, and of Windows and network paths', () => {
  const texts = {
    "ENOENT: no such file or directory, open '/home/grace h/my sets/a b.png'":
      "ENOENT: no such file or directory, open 'a b.png'",
    'cannot read "C:\\Users\\Grace H\\a.png" (gone)': 'cannot read "a.png" (gone)',
    'cannot read \\\\server\\grace\\a.png, D:/grace/b.png': 'cannot read a.png, b.png',
    'see https://example.org/grace/page': 'see https://example.org/grace/page',
  }
  for (const [message, expected] of Object.entries(texts)) {
    const event = portableEvent({ type: 'warning', step: 0, epoch: 0, message, time: 0 })
    expect(event).toMatchObject({ message: expected })
    expect(portableEvent(event)).toEqual(event)
  }
})

test('a run whose log, tables or configuration are damaged is not packed', async () => {
  const damages: [string, string, RegExp][] = [
    ['events.jsonl', '{}\n', /^mine: line 1 of events\.jsonl is not an event/],
    ['indices.csv', 'a,b\n1,2\n', /^mine: indices\.csv has other columns/],
  ]
  for (const [path, text, message] of damages) {
    const files = changedFiles(oldRun())
    await files.replace(path, text)
    await expect(compactFiles(files, 'mine', { units: false })).rejects.toThrow(message)
  }
  const files = changedFiles(oldRun())
  const log = (await (await files.read('events.jsonl'))?.text()) ?? ''
  await files.replace('events.jsonl', log.replace(/"epochs":\d+/, '"epochs":-1'))
  await expect(compactFiles(files, 'mine', { units: false })).rejects.toThrow(/^mine: its configuration is invalid: /)
})
