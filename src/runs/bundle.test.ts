import { BlobReader, TextWriter, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js'
import { parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import type { ProbeEvent } from '../protocol/run-events.ts'
import { startEvent, stepEvent } from '../testing/events.ts'
import { bundleRun, bundleRuns, type FolderRun } from './bundle.ts'
import { append, createRun, type GrowingRun } from './reduce.ts'
import { runFolders } from './run-folders.ts'

const probe: ProbeEvent & { time: number } = {
  type: 'probe',
  step: 0,
  epoch: 0,
  time: 5,
  images: 6,
  network: { selectivity: 0.5, floor: 0.25 },
  modules: [],
  sites: [
    {
      site: 'layer1.0',
      module: 'layer1',
      selectivity: [0.5, 0.125],
      floor: [0.25, 0.0625],
      preferredClass: [2, 0],
      dead: [0, 1],
    },
  ],
}

function record(): GrowingRun {
  const run = createRun('id')
  append(run, { ...startEvent, time: 0 })
  append(run, probe)
  append(run, stepEvent(1, 10))
  append(run, { type: 'checkpoint', step: 0, epoch: 0, file: 'epoch-0000.safetensors', bytes: 4, time: 12 })
  append(run, { type: 'checkpoint', step: 10, epoch: 1, file: 'epoch-0001.safetensors', bytes: 4, time: 20 })
  return run
}

async function unzip(blob: Blob) {
  const entries = await new ZipReader(new BlobReader(blob)).getEntries()
  return new Map(entries.flatMap((entry) => (entry.directory ? [] : [[entry.filename, entry] as const])))
}

const textOf = async (files: Awaited<ReturnType<typeof unzip>>, name: string) =>
  (await files.get(name)?.getData?.(new TextWriter())) ?? ''

test('contains the files of a run folder with all recorded events', async () => {
  const bytes = Uint8Array.of(1, 2, 3, 4)
  const run = record()
  const { blob, missing } = await bundleRun(run, async (id, file) =>
    id === 'id' && file === 'epoch-0000.safetensors' ? new Blob([bytes]) : null,
  )
  const files = await unzip(blob)
  expect([...files.keys()]).toEqual([
    'config.json',
    'environment.json',
    'events.jsonl',
    'metrics.csv',
    'selectivity.csv',
    'selectivity.parquet',
    'checkpoints/epoch-0000.safetensors',
  ])
  expect(missing).toEqual(['epoch-0001.safetensors'])
  expect(JSON.parse(await textOf(files, 'config.json'))).toEqual(startEvent.config)
  expect(JSON.parse(await textOf(files, 'environment.json'))).toEqual(startEvent.environment)
  const lines = (await textOf(files, 'events.jsonl')).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual([run.events[0], probe, ...run.events.slice(2)])
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

test('long texts are complete', async () => {
  const run = record()
  for (let step = 2; step <= 5000; step++) append(run, stepEvent(step, step))
  const { blob } = await bundleRun(run, async () => null)
  const lines = (await textOf(await unzip(blob), 'events.jsonl')).trimEnd().split('\n')
  expect(lines.length).toBe(run.events.length)
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual(run.events.at(-1))
})

test('each of several runs has a folder with its measurement tables, and without selectivity.csv if units were not recorded', async () => {
  const run = createRun('id')
  append(run, { ...startEvent, time: 0 })
  append(run, { ...probe, sites: [] })
  async function* runs(): AsyncGenerator<FolderRun> {
    yield { folder: 'none/seed-1', run, measured: [['linearity.csv', 'a,b\n1,2\n']] }
    yield { folder: 'none/seed-2', run: record(), measured: [] }
  }
  const files = await unzip(await bundleRuns(runs()))
  const texts = ['config.json', 'environment.json', 'events.jsonl', 'metrics.csv']
  expect([...files.keys()]).toEqual([
    ...[...texts, 'linearity.csv'].map((file) => `none/seed-1/${file}`),
    ...[...texts, 'selectivity.csv', 'selectivity.parquet'].map((file) => `none/seed-2/${file}`),
  ])
  expect(await textOf(files, 'none/seed-1/linearity.csv')).toBe('a,b\n1,2\n')
})

test('folder names work on every system and differ from one another', () => {
  const names = ['none/seed-1', 'None/seed-1', '../a', 'b:c\\d', 'e. ', '/f']
  expect(runFolders(names)).toEqual(['none/seed-1', '(2) None/seed-1', '-/a', 'b-c-d', 'e-', '-/f'])
})

test('a run that has not started cannot be packed', async () => {
  await expect(bundleRun(createRun('id'), async () => null)).rejects.toThrow(/no start event/)
})
