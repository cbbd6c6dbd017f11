import fc from 'fast-check'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import type { ProbeEvent, SiteProbe } from '../protocol/run-events.ts'
import { measuredRun } from '../testing/measured-run.ts'
import { parseCsv } from './csv.ts'
import { eventLine, selectivityHeader, selectivityRows } from './files.ts'
import { unitsOfLine } from './format/log.ts'
import { tablePieces } from './parquet-tables.ts'
import { type RunProbe, unitPieces } from './parquet-units.ts'
import { measuredTables, tables } from './tables.ts'

async function joined(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<ArrayBuffer> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  for await (const piece of pieces) parts.push(piece)
  return new Blob(parts).arrayBuffer()
}

/** The file of one run. */
const parquetOf = (probes: readonly ProbeEvent[]) =>
  joined(
    unitPieces(
      probes.map((probe) => ({ run: null, probe })),
      { withRun: false },
    ),
  )

const probeOf = (step: number, sites: readonly SiteProbe[]): ProbeEvent => ({
  type: 'probe',
  step,
  epoch: step / 7,
  images: 6,
  network: { selectivity: 0.5, floor: 0.25 },
  modules: [],
  sites,
})

const site = (name: string, units: readonly [number, number, number, number][]): SiteProbe => ({
  site: name,
  module: name.split('.')[0],
  selectivity: units.map(([value]) => value),
  floor: units.map(([, value]) => value),
  preferredClass: units.map(([, , value]) => value),
  dead: units.map(([, , , value]) => value),
})

const csvOf = (probes: readonly ProbeEvent[]) => parseCsv(selectivityHeader + probes.map(selectivityRows).join('')).rows

const sameNumber = (a: unknown, cell: string) => Object.is(a, Number(cell)) || (a === 0 && Number(cell) === 0)

/** Expects the values of every row and column to be those of selectivity.csv. */
function expectAsCsv(rows: readonly Record<string, unknown>[], probes: readonly ProbeEvent[]) {
  const csv = csvOf(probes)
  expect(rows.length).toBe(csv.length)
  const different = rows.filter((row, i) =>
    Object.entries(csv[i]).some(([name, cell]) => {
      if (name === 'module' || name === 'site') return row[name] !== cell
      return name === 'dead' ? row[name] !== (cell === '1') : !sameNumber(row[name], cell)
    }),
  )
  expect(different).toEqual([])
  for (const row of rows) expect(Object.keys(row)).toEqual(Object.keys(csv[0]))
}

const number = fc.oneof(fc.double(), fc.constantFrom(0, Number.NaN, 0.12345678))
const unit = fc.tuple(number, number, fc.integer({ min: 0, max: 999 }), fc.constantFrom(0, 1))
const sites = fc
  .array(fc.array(unit, { maxLength: 40 }), { maxLength: 5 })
  .map((lists) => lists.map((units, i) => site(`layer${i % 3}.${i}é`, units)))
const probes = fc.array(fc.tuple(fc.nat(2 ** 31 - 1), sites), { maxLength: 6 })

test('units as Parquet have the values of selectivity.csv', async () => {
  await fc.assert(
    fc.asyncProperty(probes, async (made) => {
      const all = made.map(([step, list]) => probeOf(step, list))
      const file = await parquetOf(all)
      expectAsCsv(await parquetReadObjects({ file }), all)
    }),
    { numRuns: 60 },
  )
})

test('columns have types without loss, and no nulls', async () => {
  const file = await parquetOf([probeOf(3, [site('layer1.0', [[0.1, 0.2, 1, 0]])])])
  const columns = parquetMetadata(file).schema.slice(1)
  expect(columns.map(({ name, type, repetition_type }) => [name, type, repetition_type])).toEqual([
    ['step', 'INT32', 'REQUIRED'],
    ['epoch', 'DOUBLE', 'REQUIRED'],
    ['module', 'BYTE_ARRAY', 'REQUIRED'],
    ['site', 'BYTE_ARRAY', 'REQUIRED'],
    ['unit', 'INT32', 'REQUIRED'],
    ['selectivity', 'DOUBLE', 'REQUIRED'],
    ['floor', 'DOUBLE', 'REQUIRED'],
    ['preferredClass', 'INT32', 'REQUIRED'],
    ['dead', 'BOOLEAN', 'REQUIRED'],
  ])
})

test('NaN, which JSON stores as null, stays NaN in both files', async () => {
  const probe = probeOf(3, [site('layer1.0', [[Number.NaN, 0.2, 1, 0], [0, Number.NaN, 0, 1]])]) // biome-ignore format: rows
  const read = unitsOfLine(new TextEncoder().encode(eventLine({ ...probe, time: 0 })))
  expect(selectivityRows(read)).toBe(selectivityRows(probe))
  const rows = await parquetReadObjects({ file: await parquetOf([read]) })
  expect(rows.map(({ selectivity, floor }) => [selectivity, floor])).toEqual([
    [Number.NaN, 0.2],
    [0, Number.NaN],
  ])
})

test('a group of rows has whole probes, and one with more rows than a group is a group', async () => {
  const wide = (units: number) =>
    site(
      'layer4.0',
      Array.from({ length: units }, (_, i) => [i / 7, i / 9, i % 10, i % 2]),
    )
  const sizes = [15_000, 15_000, 15_000, 40_000, 1]
  const all = sizes.map((units, step) => probeOf(step, [wide(units)]))
  const file = await parquetOf(all)
  expect(parquetMetadata(file).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([30_000, 15_000, 40_000, 1])
  expectAsCsv(await parquetReadObjects({ file }), all)
})

test('several runs have a first column with their name', async () => {
  const made: RunProbe[] = ['none/seed-1', 'early/seed-1'].map((run, i) => ({
    run,
    probe: probeOf(i, [site('layer1.0', [[0.1, 0.2, 1, 0]])]),
  }))
  const rows = await parquetReadObjects({ file: await joined(unitPieces(made, { withRun: true })) })
  expect(rows.map(({ run, step }) => [run, step])).toEqual([
    ['none/seed-1', 0],
    ['early/seed-1', 1],
  ])
  expect(Object.keys(rows[0])[0]).toBe('run')
})

test.each([
  ['a class between two numbers', 1, [[0.1, 0.2, 1.5, 0]], /invalid preferredClass: 1.5/],
  ['a step beyond 32 bits', 2 ** 31, [[0.1, 0.2, 1, 0]], /invalid step: 2147483648/],
] as const)('%s is refused instead of rounded', async (_, step, units, message) => {
  await expect(parquetOf([probeOf(step, [site('layer1.0', units as never)])])).rejects.toThrow(message)
})

test('a probe with lists of different lengths is refused', async () => {
  const own = { ...site('layer1.0', [[0.1, 0.2, 1, 0]]), floor: [] }
  await expect(parquetOf([probeOf(4, [own])])).rejects.toThrow(
    /invalid probe of layer1.0 at step 4: 1 selectivity, 0 floor/,
  )
})

async function* one<T>(item: T) {
  yield item
}

/** A unit without an index has empty cells. */
const index = (unit: number, value: string) => ({
  checkpoint: 'epoch-0001.safetensors',
  data: 'cifar10',
  fingerprint: '',
  module: 'layer1',
  site: 'layer1.0',
  unit: `${unit}`,
  index: 'precision',
  epoch: '1',
  value,
  floor: value,
})

const rowsOf = (name: keyof typeof tables) =>
  name === 'indices' ? [index(0, '0.125'), index(1, '')] : measuredRun().measured.tables[name].rows()

test.each(measuredTables)('the table of %s as Parquet has the values of its CSV', async (name) => {
  const rows = rowsOf(name)
  expect(rows.length).toBeGreaterThan(0)
  const file = await joined(tablePieces(tables[name], one({ run: null, rows }), { withRun: false }))
  const read = await parquetReadObjects({ file })
  const asText = (value: unknown) => (value === null || value === undefined ? '' : `${value}`)
  expect(
    read.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, asText(value)]))),
  ).toEqual(rows)
})

test('text in a column of numbers is refused', async () => {
  const [row] = measuredRun().measured.tables.curves.rows()
  const rows = [{ ...row, top1: 'many' }]
  await expect(joined(tablePieces(tables.curves, one({ run: null, rows }), { withRun: false }))).rejects.toThrow(
    'invalid top1 in ablation-curves.csv: many; it must be a number',
  )
})
