import { expect, test } from 'vitest'
import { compareSeries } from '../../experiments/compare.ts'
import { bandsCsv } from '../../experiments/csv.ts'
import { groupRuns } from '../../experiments/groups.ts'
import { metricsOf } from '../../experiments/metrics.ts'
import { madeRun } from '../../testing/records.ts'
import { claimsOf, effectText, intervalText, metricBehind } from './claim-model.ts'
import { domainOf, endOf, snugAxis } from './compare-geometry.ts'
import { compareCaption, compareRows, eachRun } from './compare-model.ts'
import { nearestEpoch, readoutOf } from './compare-readout.ts'
import { amount, rangeText } from './numbers.ts'
import { runStyle } from './run-style.ts'
import { comparisonCsv, sourceOf, tableOf } from './tables.ts'

const early = { schedule: [{ fromEpoch: 0, toEpoch: 2, alpha: -2 }] }
const above = (epoch: number) => 0.1 * epoch
const runs = [
  madeRun({ seed: 1, epochs: 2, top1: 0.5, above }),
  madeRun({ seed: 2, epochs: 2, top1: 0.7, above }),
  madeRun({ seed: 1, epochs: 2, top1: 0.3, name: 'early/seed-1', schedule: early, above }),
]
const top1 = metricsOf(runs).find(({ id }) => id === 'top1')
if (!top1) throw new Error('no top-1')

test('rows contain the mean, the band of two or more seeds, and each member, in per cent', () => {
  const rows = compareRows(compareSeries(groupRuns(runs), top1, 'range'))
  expect(rows.map(({ x }) => x)).toEqual([0, 1, 2])
  expect(rows[2]).toEqual({
    x: 2,
    0: expect.closeTo(60),
    '0.band': [expect.closeTo(50), expect.closeTo(70)],
    '0.m0': expect.closeTo(50),
    '0.m1': expect.closeTo(70),
    1: expect.closeTo(30),
    '1.band': [expect.closeTo(30), expect.closeTo(30)],
    '1.m0': expect.closeTo(30),
  })
  expect(compareRows(compareSeries(groupRuns(runs), top1, 'interval'))[2]).not.toHaveProperty('1.band')
})

test('the caption gives the last value of each arm', () => {
  expect(compareCaption(compareSeries(groupRuns(runs), top1, 'deviation'))).toBe(
    'Top-1, validation images: none 60.0 % at epoch 2 (± standard deviation 45.9 to 74.1, 2 seeds); early 30.0 % at epoch 2 (1 seed).',
  )
  const each = compareSeries(eachRun(runs), top1, 'none')
  expect(compareCaption(each)).toContain('none/seed-2 70.0 % at epoch 2 (1 seed)')
})

test('a zoomed range ends with the runs, and a range after their end shows everything', () => {
  const rows = compareRows(compareSeries(groupRuns(runs), top1, 'none'))
  expect(endOf(rows)).toBe(2)
  expect(domainOf({ rows, range: null })).toEqual([0, 2])
  expect(domainOf({ rows, range: [0.5, 3] })).toEqual([0.5, 2])
  expect(domainOf({ rows, range: [4, 8] })).toEqual([0, 2])
})

test('the readout shows the visible arms at the nearest epoch', () => {
  const series = compareSeries(groupRuns(runs), top1, 'range')
  const rows = compareRows(series)
  expect([nearestEpoch(rows, 1.6), nearestEpoch([], 1)]).toEqual([2, null])
  expect(readoutOf({ series, rows, hidden: new Set(['early']) }, 2)).toEqual([
    { label: 'none', value: '60.0 (50.0 to 70.0)', color: runStyle(0).color },
  ])
})

test('a table is the CSV file cell by cell', () => {
  const table = tableOf(bandsCsv(compareSeries(groupRuns(runs), top1, 'interval')))
  expect(table.columns.slice(0, 4)).toEqual(['arm', 'metric', 'epoch', 'runs'])
  expect(table.rows()).toHaveLength(6)
  expect(table.rows()[5].slice(0, 6)).toEqual(['early', 'top1', 2, 1, 0.3, 'interval'])
  expect(table.rows()[5].slice(6)).toEqual(['', ''])
})

test('a figure names its runs, and its fingerprint depends on them', async () => {
  const [all, some] = await Promise.all([sourceOf(runs).provenance(), sourceOf(runs.slice(1)).provenance()])
  expect(all).toMatchObject({ lab: '0', run: 'none/seed-1, none/seed-2, early/seed-1', data: 'f00d' })
  expect(all.fingerprint).toMatch(/^[0-9a-f]{64}$/)
  expect(all.fingerprint).not.toBe(some.fingerprint)
})

test('every row of a comparison’s file names the runs and the versions that trained them', () => {
  const other = { ...runs[2], lab: '1' }
  expect(comparisonCsv('a,b\n1,"x,y"\n2,\n', [...runs.slice(1, 2), other])).toBe(
    'a,b,lab,comparedRuns\n1,"x,y","0, 1","none/seed-2, early/seed-1"\n2,,"0, 1","none/seed-2, early/seed-1"\n',
  )
})

test('two dozen arms all have different styles', () => {
  const looks = Array.from({ length: 24 }, (_, i) => JSON.stringify(runStyle(i)))
  expect(new Set(looks).size).toBe(24)
})

test('numbers have their significant digits', () => {
  expect([amount(0.461, 'share'), amount(-0.2134, ''), amount(0.00417, ''), amount(0, '')]).toEqual([
    '46.1',
    '−0.213',
    '0.0042',
    '0.000',
  ])
  expect(rangeText({ lower: Number.NaN, upper: Number.NaN }, '')).toBe('')
})

test('each claim links to an existing chart, and to none without measurements', () => {
  const metrics = metricsOf(runs)
  const [rise, matter, , causal] = claimsOf(runs)
  expect(metricBehind(rise, rise.parts[1], metrics)?.id).toBe('aboveFloor/layer2')
  expect(metricBehind(matter, undefined, metrics)).toBeUndefined()
  expect(metricBehind(causal, undefined, metrics)?.id).toBe('top1')
  const [condition] = rise.parts[0].conditions
  expect(effectText({ ...condition, estimate: { ...condition.estimate, n: 2, mean: -0.5 }, unit: 'points' })).toBe(
    '−50.00 points',
  )
  expect(intervalText({ ...condition, estimate: { ...condition.estimate, n: 1 } })).toBe('–')
})

test('measures of linearity link to their own charts', () => {
  const linear = [1, 2, 3].map((seed) => madeRun({ seed, above, linear: (epoch) => 1 - epoch / 10 }))
  const [, , near] = claimsOf(linear)
  expect(near.parts.map((part) => metricBehind(near, part, metricsOf(linear))?.id)).toEqual([
    'affineDeviation',
    'gateConstancy',
    'readOut',
    'aboveControl',
  ])
})

test('without runs, all four claims say which runs they need', () => {
  expect(claimsOf([]).map(({ verdict, because }) => [verdict, because.length > 20])).toEqual(
    Array.from({ length: 4 }, () => ['not yet', true]),
  )
})

test('the axis holds all values, but the wide interval of two seeds does not take a share beyond 0 and 100', () => {
  expect(snugAxis([0.2, 0.4], false).domain).toEqual([expect.closeTo(0.192), expect.closeTo(0.408)])
  expect(snugAxis([-380, 50, 60, 420], true)).toMatchObject({ domain: [-4, 104], ticks: [0, 20, 40, 60, 80, 100] })
  expect(snugAxis([], true).domain).toEqual([expect.closeTo(-0.04), expect.closeTo(1.04)])
})
