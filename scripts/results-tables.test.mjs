import { describe, expect, it } from 'vitest'
import {
  armsTable,
  claimsTable,
  costTable,
  curveTable,
  finalTable,
  measuredTable,
  referenceTable,
  seriesOf,
  spreadTable,
  withTables,
} from './results-tables.mjs'

const row = (arm, seed, metric, epoch, value) => ({
  ...{ arm, run: `${arm}/seed-${seed}`, metric },
  ...{ seed: `${seed}`, epoch: `${epoch}`, value: `${value}` },
})

/** Two seeds without a regularizer and one with it. */
const rows = [
  ...['selectivity', 'floor', 'aboveFloor'].flatMap((metric, i) =>
    [0, 31 / 157, 1].flatMap((epoch) => [
      row('none', 1, `${metric}/layer1`, epoch, 0.5 - 0.1 * i),
      row('none', 2, `${metric}/layer1`, epoch, 0.3 - 0.1 * i),
    ]),
  ),
  row('none', 1, 'top1', 0, 0.01),
  row('none', 1, 'top1', 1, 0.2),
  row('none', 2, 'top1', 1, 0.24),
  row('from-0', 1, 'top1', 1, 0.1),
  row('none', 1, 'extraHarm/layer1', 1, -0.125),
  row('none', 2, 'extraHarm/layer1', 1, ''),
]
const series = seriesOf(rows)

const reference = {
  modules: ['layer1'],
  epochs: [
    { epoch: 0, top1: 0.01, selectivity: [0.5], aboveFloor: [0.25] },
    { epoch: 0.2, top1: 0.9, selectivity: [0.6], aboveFloor: [0.1] },
    { epoch: 1, top1: 0.25, selectivity: [0.3], aboveFloor: [0.3] },
    { epoch: 2, top1: 0.9, selectivity: [0.9], aboveFloor: [0.9] },
  ],
  arms: [{ arm: 'none', top1: 0.237, selectivity: [0.35] }],
}

const cells = (text) =>
  text
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )

describe('the tables of the results', () => {
  it('have means over the seeds at the epochs that were probed', () => {
    expect(cells(curveTable(series, 'none', [0, 0.2, 0.6, 1]))).toEqual([
      ['0', '1.0 %', '0.40, –, –, –', '0.20, –, –, –'],
      ['0.2', '–', '0.40, –, –, –', '0.20, –, –, –'],
      ['1', '22.0 %', '0.40, –, –, –', '0.20, –, –, –'],
    ])
  })

  it('compare each seed with the reference at the epochs that both have', () => {
    const [first, network, second] = cells(referenceTable(series, reference))
    // |0.5 − 0.5|, |0.5 − 0.6| and |0.5 − 0.3|.
    expect(first).toEqual([
      '1, layer1',
      '0.100 (+0.200 at epoch 1)',
      '0.217 (+0.400 at epoch 1)',
      '0.083 (+0.200 at epoch 0.2)',
      '',
    ])
    expect(network).toEqual(['1, network', '', '', '', '2.5 % (−5.0 % at epoch 1)'])
    expect(second[1]).toBe('0.167 (−0.300 at epoch 0.2)')
    expect(cells(spreadTable(series, reference))[0].slice(1, 4)).toEqual(['0.200', '0.200', '0.200'])
    expect(cells(armsTable(series, reference))).toEqual([['none', '22.0 %', '23.7 %', '0.40, –, –', '0.35']])
  })

  it('have final accuracies with runs that did not finish, and costs paired by seed', () => {
    const run = (seed, top1) => ({ run: `none/seed-${seed}`, seed, top1 })
    const top1 = { n: 2, mean: 0.22, lower: -0.03, upper: 0.47 }
    const none = { n: 0, mean: null, lower: null, upper: null }
    const final = [
      { group: 'none', top1, runs: [run(2, 0.24), run(1, 0.2)], unfinished: [] },
      { group: 'from-0', top1: none, runs: [], unfinished: ['from-0/seed-1'] },
    ]
    const [whole, open] = cells(finalTable(series, { final }))
    expect(whole.slice(0, 3)).toEqual(['none', '20.0 %, 24.0 %', '22.0 (−3.0 to 47.0)'])
    expect(open.slice(0, 3)).toEqual(['from-0', '–; not finished: from-0/seed-1', '–'])
    const difference = { n: 1, mean: 0.033, lower: null, upper: null }
    const differences = [{ group: 'from-0', reference: 'none', seeds: [{ seed: 1, difference: 0.033 }], difference }]
    expect(cells(costTable({ differences }))).toEqual([['none − from-0', '3.3', '3.3']])
  })

  it('leave out what was not measured', () => {
    expect(measuredTable(series, 'none', [{ id: 'readOut', title: 'R²' }])).toBeNull()
    const harm = [{ id: 'extraHarm/layer1', title: 'layer1' }]
    expect(cells(measuredTable(series, 'none', harm))).toEqual([['1', '−0.125']])
  })

  it('have the verdict of each claim and of its parts', () => {
    const parts = [{ name: 'layer1', verdict: 'holds', because: 'Above 0: x.' }]
    expect(cells(claimsTable([{ title: 'Causal', verdict: 'not yet', because: 'Run it.', parts: [] }]))).toEqual([
      ['**Causal**', '', '**not yet**', 'Run it.'],
    ])
    expect(cells(claimsTable([{ title: 'Rise', verdict: 'holds', because: '', parts }]))[1]).toEqual([
      ...['', 'layer1', 'holds', 'Above 0: x.'],
    ])
  })

  it('replace what is between their markers, and nothing else', () => {
    const text = 'a\n<!-- one -->\nold\n<!-- /one -->\nb'
    expect(withTables(text, { one: 'new' })).toBe('a\n<!-- one -->\nnew\n<!-- /one -->\nb')
    expect(() => withTables(text, { two: 'new' })).toThrow('the text lacks <!-- two -->')
  })
})
