import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProbeEvent } from '../../protocol/run-events.ts'
import { columnAt, momentOfColumn, nearestColumn } from '../../runs/probe-at.ts'
import { append, createRun, type Run } from '../../runs/reduce.ts'
import { startEvent, stepEvent } from '../../testing/events.ts'
import { alphaSpans, signSpans } from '../plot/alpha-spans.ts'
import { decimate, lowerBound } from '../plot/decimate.ts'
import { smooth } from '../plot/smooth.ts'
import { formatX, xAxisOf } from '../plot/x-axis.ts'
import { flagsOf, plannedSpans } from '../timeline/time-line-model.ts'
import { histogram, ranked } from './distribution/model.ts'
import { heatCaption, heatTable } from './heat-map/model.ts'
import { accuracyRows, lossCaption, lossRows, lossTable } from './loss/model.ts'
import { selectivityCaption, selectivityRows, selectivityTable } from './selectivity/model.ts'

function probeEvent(step: number, selectivity: number): ProbeEvent {
  const summary = {
    units: 2,
    selectivity,
    floor: 0.1,
    lower: selectivity - 0.1,
    upper: selectivity + 0.1,
    floorLower: 0.05,
    floorUpper: 0.15,
    dead: 0,
  }
  const sites = [
    {
      site: 'layer1.0',
      module: 'layer1',
      selectivity: [selectivity, selectivity],
      floor: [0.1, 0.1],
      preferredClass: [0, 1],
      dead: [0, 0],
    },
  ]
  return {
    type: 'probe',
    step,
    epoch: step / 10,
    images: 6,
    network: { selectivity, floor: 0.1 },
    modules: [{ module: 'layer1', ...summary }],
    sites,
  }
}

/** A run with these α by step, probes at some steps, and two evaluations. */
function runOf(alphas: readonly number[], probes: readonly (readonly [number, number])[] = []): Run {
  const run = createRun('a')
  append(run, { ...startEvent, time: 0 })
  for (const [step, value] of probes.filter(([step]) => step === 0))
    append(run, { ...probeEvent(step, value), time: 0 })
  for (const [i, alpha] of alphas.entries()) {
    append(run, { ...stepEvent(i + 1, (i + 1) * 1000), alpha, held: alpha > 0, loss: 3 - i * 0.1 } as never)
    for (const [step, value] of probes.filter(([step]) => step === i + 1))
      append(run, { ...probeEvent(step, value), time: (i + 1) * 1000 })
  }
  return run
}

describe('decimating', () => {
  it('preserves the extremes, the ends and the order, with two points per column', () => {
    const values = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 2, maxLength: 3000 })
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 200 }), (y, columns) => {
        const x = Float64Array.from(y.keys())
        const drawn = decimate(x, y, [0, y.length - 1], columns)
        expect(drawn.length).toBeLessThanOrEqual(2 * columns + 4)
        expect(drawn.every((index, i) => i === 0 || index > drawn[i - 1])).toBe(true)
        expect([drawn[0], drawn.at(-1)]).toEqual([0, y.length - 1])
        const seen = drawn.map((i) => y[i])
        expect([Math.min(...seen), Math.max(...seen)]).toEqual([Math.min(...y), Math.max(...y)])
      }),
    )
  })

  it('skips values that are not finite and points far outside the range', () => {
    expect(decimate([0, 1, 2, 3, 4, 5], [1, Number.NaN, 3, 4, 5, 6], [2, 4], 100)).toEqual([2, 3, 4])
    expect(lowerBound([1, 3, 5], 4)).toBe(2)
  })

  it('reduces 100,000 steps to a few hundred points', () => {
    const run = createRun('long')
    append(run, { ...startEvent, time: 0 })
    for (let i = 1; i <= 100_000; i++) append(run, stepEvent(i, i))
    const axis = xAxisOf(run, { x: 'step', range: null })
    expect(lossRows(run, axis, { columns: 300, span: 20 }).length).toBeLessThanOrEqual(2 * 300 + 4)
    expect(accuracyRows(run, axis, { columns: 300, span: 1 }).length).toBeLessThanOrEqual(2 * 300 + 4)
  })
})

describe('smoothing', () => {
  it('does not change constants or a span of 1, and halves the weight of earlier values', () => {
    expect([...smooth([2, 2, 2], 10)].every((v) => Math.abs(v - 2) < 1e-12)).toBe(true)
    expect([...smooth([1, 5, 3], 1)]).toEqual([1, 5, 3])
    const [first, second] = smooth([0, 1], 2)
    expect([first, second]).toEqual([0, expect.closeTo(0.5 / 0.75, 12)])
  })
})

describe('the x axis', () => {
  it('converts between steps, epochs and time and back', () => {
    const run = runOf(new Array(30).fill(0))
    expect(xAxisOf(run, { x: 'epoch', range: null }).domain).toEqual([0, 3])
    expect(xAxisOf(run, { x: 'step', range: [5, 10] }).domain).toEqual([5, 10])
    const time = xAxisOf(run, { x: 'time', range: null })
    expect([time.label, time.at(0), time.at(10), time.stepAt(10)]).toEqual(['seconds', 0, 10, 10])
    expect(xAxisOf(run, { x: 'epoch', range: null }).stepAt(1.52)).toBe(15)
    expect([formatX(12000, 'step'), formatX(1.256, 'epoch')]).toEqual(['12,000', '1.26'])
  })
})

describe('spans of α', () => {
  it('follow the applied α step by step', () => {
    const run = runOf([0, -2, -2, -3, 0, 4])
    expect(alphaSpans(run)).toEqual([
      { from: 1, to: 3, alpha: -2 },
      { from: 3, to: 4, alpha: -3 },
      { from: 5, to: 6, alpha: 4 },
    ])
    expect(signSpans(run)).toEqual([
      { from: 1, to: 4, alpha: -3 },
      { from: 5, to: 6, alpha: 4 },
    ])
  })

  it('have flags where the images moved or changed', () => {
    const run = createRun('moved')
    append(run, { ...startEvent, time: 0 })
    const to = { source: '/b', fingerprint: 'f', contents: 'bbbbbbbbbbbbbbbb' }
    const from = { ...to, source: '/a', contents: 'aaaaaaaaaaaaaaaa' }
    const event = { type: 'data', step: 2, epoch: 0.2, time: 2, from, to, what: '' } as const
    append(run, { ...event, change: 'moved' })
    append(run, { ...event, step: 3, change: 'changed', what: '5 training images instead of 4' })
    expect(flagsOf(run).map(({ step, kind, text }) => [step, kind, text])).toEqual([
      [2, 'data', 'The images moved from /a to /b; they are the same.'],
      [
        3,
        'data',
        'The run went on with other images of /b (fingerprint bbbbbbbbbbbb instead of aaaaaaaaaaaa): 5 training images instead of 4.',
      ],
    ])
  })

  it('have flags where control or value of α changes', () => {
    const texts = flagsOf(runOf([0, 4, 4, 0])).map(({ step, text }) => `${step}: ${text}`)
    expect(texts).toEqual(['2: you set α to 4', '4: α handed back to the schedule: 0'])
    expect(
      plannedSpans(
        [
          { fromEpoch: 1, toEpoch: 9, alpha: -1 },
          { fromEpoch: 9, toEpoch: 10, alpha: 0 },
        ],
        10,
        50,
      ),
    ).toEqual([{ from: 10, to: 50, alpha: -1 }])
  })
})

describe('captions and tables', () => {
  const run = runOf(
    [0, 0, 0, 0],
    [
      [0, 0.2],
      [2, 0.6],
      [4, 0.4],
    ],
  )

  it('name the peak and the newest value', () => {
    expect(selectivityCaption(run)).toBe(
      'layer1 peaks at epoch 0.20 with SI 0.60 (floor 0.10) and stands at 0.40 (floor 0.10) at epoch 0.40. Bands are the quartiles over units.',
    )
    expect(heatCaption(run)).toBe(
      'The highest site mean is 0.60 (floor 0.10), layer1.0 at epoch 0.20; at epoch 0.40 layer1.0 leads with 0.40 (floor 0.10).',
    )
    expect(lossCaption(run)).toBe('')
  })

  it('tell of the module that has fallen most since its peak', () => {
    const two = createRun('two')
    append(two, { ...startEvent, time: 0 })
    const values = [
      [0.2, 0.5],
      [0.6, 0.7],
      [0.4, 0.9],
    ]
    for (const [i, [first, second]] of values.entries()) {
      const [own, other] = [probeEvent(2 * i, first), probeEvent(2 * i, second)]
      const modules = [...own.modules, { ...other.modules[0], module: 'layer2' }]
      append(two, { ...own, modules, time: i })
    }
    expect(selectivityCaption(two)).toMatch(/^layer1 peaks at epoch 0\.20 with SI 0\.60 .* stands at 0\.40/)
  })

  it('contain the events’ numbers', () => {
    expect(selectivityTable(run).rows()[1].slice(0, 5)).toEqual([2, 0.2, 'layer1', 0.6, 0.1])
    expect(heatTable(run).rows()).toHaveLength(3)
    expect(lossTable(run).rows()[3].slice(0, 4)).toEqual([4, 0.4, 'train', expect.closeTo(2.7, 12)])
  })

  it('contain SI with its bands, or SI minus the floor', () => {
    const at = (step: number) => step
    expect(selectivityRows(run, at, false)[1]).toEqual({
      x: 2,
      layer1: 0.6,
      'layer1.band': [0.5, expect.closeTo(0.7, 12)],
      floor: 0.1,
      'floor.band': [0.05, 0.15],
    })
    expect(selectivityRows(run, at, true)[1]).toEqual({ x: 2, layer1: 0.5 })
  })

  it('find the probe of a moment', () => {
    expect([columnAt(run, null), columnAt(run, 3), columnAt(run, 0)]).toEqual([2, 1, 0])
    expect([2.6, 3.5, 0.4].map((step) => momentOfColumn(run, nearestColumn(run, step)))).toEqual([2, null, 0])
  })
})

describe('distributions', () => {
  it('count every unit once', () => {
    const rows = histogram([0, 0.5, 1, 0.51], [0.1, 0.1, 0.1, 0.1])
    expect(rows.reduce((sum, { units }) => sum + units, 0)).toBe(4)
    expect(rows.find(({ floor }) => floor > 0)?.floor).toBe(4)
    expect(ranked([0.1, 0.9, 0.9, 0.3])).toEqual([1, 2, 3, 0])
    expect(ranked([Number.NaN, 0.1, Number.NaN, 0.5, 0.3])).toEqual([3, 4, 1, 0, 2])
  })
})
