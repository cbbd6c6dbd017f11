import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseCsv } from '../runs/csv.ts'
import { storedRuns } from '../runs/opfs/folders.ts'
import { numberOf } from '../runs/tables.ts'
import { storedBytes, type TestStorage, testStorage } from '../testing/opfs.ts'
import { createTableWriter } from './table-writer.ts'

let storage: TestStorage
let time = 0
beforeEach(() => {
  storage = testStorage()
  time = 0
})
afterEach(() => storage.dispose())

const row = (n: number, loss: number) => ({
  checkpoint: 'epoch-0001.safetensors',
  data: 'images',
  fingerprint: 'f',
  module: 'layer1',
  order: 'random',
  draw: 0,
  mode: 'zero',
  seed: 1,
  n,
  epoch: 1,
  share: n / 10,
  loss,
  top1: 0.5,
  top5: 1,
})

const writer = () =>
  createTableWriter({ files: storedRuns(storage.worker()).edit('one'), now: () => time, alone: (work) => work() })

/** Losses in the stored table, by n. */
const losses = () => {
  const { rows } = parseCsv(storedBytes(storage, 'one', 'ablation-curves.csv').toString())
  return Object.fromEntries(rows.map(({ n, loss }) => [n, numberOf(loss)]))
}

const written = () => new Promise((resolve) => setTimeout(resolve, 20))

it('writes rows every few seconds and at the end, beside those of an earlier visit and of another tab', async () => {
  const earlier = writer()
  earlier.add('curves', [row(0, 9), row(1, 9)])
  await earlier.end()
  const own = writer()
  await own.check('curves')
  own.add('curves', [row(1, 1)])
  await written()
  expect(losses()).toEqual({ 0: 9, 1: 9 })
  time = 3000
  own.add('curves', [row(2, 2)])
  await written()
  expect(losses()).toEqual({ 0: 9, 1: 1, 2: 2 })
  const other = writer()
  other.add('curves', [row(4, 4)])
  await other.end()
  own.add('curves', [row(3, 3)])
  await own.end()
  expect(losses()).toEqual({ 0: 9, 1: 1, 2: 2, 3: 3, 4: 4 })
})

it('keeps the table that is there when storage is full, and writes all rows once there is room', async () => {
  const own = writer()
  own.add('curves', [row(0, 1)])
  await own.end()
  storage.quota = 0
  own.add('curves', [row(1, 1)])
  await expect(own.end()).rejects.toThrow(/cannot write ablation-curves\.csv \(the browser’s storage is full\)/)
  expect(losses()).toEqual({ 0: 1 })
  storage.quota = 1e6
  own.add('curves', [row(2, 1)])
  await own.end()
  expect(losses()).toEqual({ 0: 1, 1: 1, 2: 1 })
})

it('refuses a file that is no such table, and leaves it as it is', async () => {
  await storedRuns(storage.worker()).edit('one').replace('ablation-curves.csv', 'a,b\n1,2\n')
  const own = writer()
  await expect(own.check('curves')).rejects.toThrow(/ablation-curves\.csv has other columns/)
  own.add('curves', [row(0, 1)])
  await expect(own.end()).rejects.toThrow(/other columns/)
  expect(storedBytes(storage, 'one', 'ablation-curves.csv').toString()).toBe('a,b\n1,2\n')
})
