import { csvParse } from 'd3-dsv'
import { describe, expect, it } from 'vitest'
import { madeRun } from '../testing/records.ts'
import { bandOf, compareSeries, finalScores, pairedDifferences } from './compare.ts'
import { bandsCsv, configCsv, differencesCsv, finalsCsv, membersCsv } from './csv.ts'
import { configDifferences, contentsNotes, groupRuns } from './groups.ts'
import { metricsOf, momentsOf, resample } from './metrics.ts'

const early = { schedule: [{ fromEpoch: 0, toEpoch: 10, alpha: -2 }] }
const runs = [
  ...[0.6, 0.62, 0.64].map((top1, i) => madeRun({ seed: i + 1, top1, above: () => 0.2 })),
  ...[0.3, 0.35, 0.31].map((top1, i) =>
    madeRun({ seed: i + 2, name: `from-0/seed-${i + 2}`, schedule: early, top1, above: () => 0.1 }),
  ),
]
const groups = groupRuns(runs)
const metric = (id: string) => {
  const found = metricsOf(runs).find((own) => own.id === id)
  if (!found) throw new Error(`no metric ${id}`)
  return found
}

describe('groups', () => {
  it('contain the runs that differ only in the seed, under the arm’s name', () => {
    expect(groups.map(({ name, runs: own }) => [name, own.length])).toEqual([
      ['none', 3],
      ['from-0', 3],
    ])
    const odd = groupRuns([madeRun({ name: 'x' }), madeRun({ name: 'x', config: { model: { width: 8 } } })])
    expect(odd.map(({ name }) => name)).toEqual(['x', 'x (2)'])
    // The same images at another path.
    const moved = madeRun({ seed: 4, config: { data: { source: '/elsewhere' } } })
    expect(groupRuns([...runs, moved])).toHaveLength(2)
    expect(groupRuns([...runs, { ...moved, fingerprint: 'beef' }])).toHaveLength(3)
  })

  it('list the configuration keys that differ', () => {
    const differences = configDifferences([runs[0], runs[3]])
    expect(differences.map(({ key }) => key)).toEqual(['seed', 'regularizer.schedule'])
    expect(differences[1].values).toEqual([[], early.schedule])
    expect(csvParse(configCsv(differences, [runs[0], runs[3]]))[3]).toMatchObject({
      key: 'regularizer.schedule',
      run: 'from-0/seed-2',
      value: JSON.stringify(early.schedule),
    })
  })
})

describe('resampling', () => {
  const series = { epochs: [0, 1, 3], values: [0, 10, Number.NaN] }
  it('interpolates linearly within a series, skips values that are not finite, and gives NaN outside', () => {
    expect(resample({ ...series, values: [0, 10, 30] }, [-1, 0, 0.5, 2, 3, 4])).toEqual([
      Number.NaN,
      0,
      5,
      20,
      30,
      Number.NaN,
    ])
    expect(resample(series, [0.5, 1, 2])).toEqual([5, 10, Number.NaN])
    expect(resample({ epochs: [0, 1, 2], values: [0, Number.NaN, 4] }, [1])).toEqual([2])
    expect(resample({ epochs: [], values: [] }, [1])).toEqual([Number.NaN])
  })

  it('contains the epochs of all series', () => {
    expect(momentsOf([series, { epochs: [1 + 1e-12, 2], values: [0, 0] }])).toEqual([0, 1, 2, 3])
  })
})

describe('bands', () => {
  it('follow their definitions', () => {
    expect(bandOf([1, 2, 6], 'none')).toEqual({ n: 3, mean: 3, lower: Number.NaN, upper: Number.NaN })
    expect(bandOf([1, 2, 6], 'range')).toMatchObject({ lower: 1, upper: 6 })
    expect(bandOf([1, 2, 6], 'deviation').upper).toBeCloseTo(3 + Math.sqrt(7), 12)
    expect(bandOf([1, 2, 6], 'interval').upper).toBeCloseTo(3 + 4.302653 * Math.sqrt(7 / 3), 5)
    expect(bandOf([4, Number.NaN], 'range')).toEqual({ n: 1, mean: 4, lower: 4, upper: 4 })
    expect(bandOf([4], 'interval').upper).toBeNaN()
    expect(bandOf([], 'range')).toEqual({ n: 0, mean: Number.NaN, lower: Number.NaN, upper: Number.NaN })
  })

  it('cover the epochs of a metric, with the values of each run', () => {
    const [none] = compareSeries(groups, metric('top1'), 'range')
    expect(none.epochs).toHaveLength(11)
    expect(none.bands[10]).toMatchObject({ n: 3, lower: 0.6, upper: 0.64 })
    expect(none.bands[10].mean).toBeCloseTo(0.62, 12)
    expect(none.members.map(({ seed }) => seed)).toEqual([1, 2, 3])
    const rows = csvParse(bandsCsv([none]))
    expect(rows[10]).toEqual({
      arm: 'none',
      metric: 'top1',
      epoch: '10',
      runs: '3',
      mean: '0.62',
      band: 'range',
      lower: '0.6',
      upper: '0.64',
    })
    expect(csvParse(membersCsv([none]))).toHaveLength(33)
    expect(csvParse(bandsCsv(compareSeries(groups, metric('top1'), 'none')))[0].lower).toBe('')
  })

  it('offer the metrics that at least one run has', () => {
    const ids = metricsOf(runs).map(({ id }) => id)
    expect(ids).toContain('aboveFloor/layer2')
    expect(ids).not.toContain('affineDeviation')
    expect(metricsOf([madeRun({ linear: () => 0.5 })]).map(({ id }) => id)).toContain('affineDeviation')
  })
})

describe('final accuracy', () => {
  it('counts finished runs only', () => {
    const stopped = { ...madeRun({ seed: 9, top1: 0.1 }), state: 'stopped' as const }
    const [none] = finalScores(groupRuns([...runs, stopped]))
    expect(none.top1).toMatchObject({ n: 3 })
    expect(none.unfinished).toEqual(['none/seed-9'])
    expect(csvParse(finalsCsv([none]))[0]).toMatchObject({ arm: 'none', runs: '3', mean: '0.62', deviation: '0.02' })
  })

  it('is compared over the seeds that the arms share', () => {
    const [pair] = pairedDifferences(groups, 'none')
    expect(pair.seeds.map(({ seed }) => seed)).toEqual([2, 3])
    // 0.62 − 0.30 and 0.64 − 0.35.
    expect(pair.seeds.map(({ difference }) => difference.toFixed(9))).toEqual(['0.320000000', '0.290000000'])
    expect(pair.difference.mean).toBeCloseTo(0.305, 12)
    // A sample of two differences has three possible means.
    expect(pair.bootstrapped.lower).toBeCloseTo(0.29, 9)
    expect(pair.bootstrapped.upper).toBeCloseTo(0.32, 9)
    expect(pairedDifferences(groups, 'none')).toEqual([pair])
    expect(csvParse(differencesCsv([pair]))[0]).toMatchObject({ reference: 'none', arm: 'from-0', mean: '0.305' })
    expect(() => pairedDifferences(groups, 'late')).toThrow('unknown arm: late (have none, from-0)')
  })
})

describe('other contents under the same names', () => {
  const run = (name: string, used?: string, contents: string | null = null, seed = 1) => ({
    ...madeRun({ name, seed }),
    contents,
    ...(used ? { used } : {}),
  })

  it('are told for runs that use the same images of a list', () => {
    expect(contentsNotes([run('a', 'x y'), run('b', 'x y'), run('c', 'x z')])).toEqual([
      'The images of a and of c have the same names and sizes, but other contents.',
    ])
    expect(contentsNotes([run('a', undefined, 'x'), run('b', undefined, 'y'), run('c')])).toEqual([
      'The images of a and of b have the same names and sizes, but other contents.',
    ])
  })

  it('are not told for runs that use other images of it, or that recorded otherwise', () => {
    expect(contentsNotes([run('a', 'x y'), run('b', 'z y', null, 2), run('c', undefined, 'w')])).toEqual([])
  })
})
