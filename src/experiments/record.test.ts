import { describe, expect, it } from 'vitest'
import { parseConfig } from '../config/config.ts'
import type { ProbeEvent, RecordedEvent } from '../protocol/run-events.ts'
import { append, createRun } from '../runs/reduce.ts'
import { createTable, tables } from '../runs/tables.ts'
import { startEvent, stepEvent } from '../testing/events.ts'
import { atChance, chanceTop1, finalEvaluation, recordOf } from './record.ts'

const windows = [{ fromEpoch: 1, toEpoch: 2, alpha: -2 }]
const config = parseConfig({ train: { epochs: 2 }, regularizer: { schedule: windows } })

const summary = { units: 4, lower: 0, upper: 1, floorLower: 0, floorUpper: 1, dead: 0 }
const probe: ProbeEvent = {
  type: 'probe',
  step: 0,
  epoch: 0,
  images: 6,
  network: { selectivity: 0.4, floor: 0.2 },
  modules: [
    { module: 'layer1', selectivity: 0.5, floor: 0.3, ...summary },
    { module: 'layer2', selectivity: 0.3, floor: 0.1, ...summary },
  ],
  sites: [],
}

/** 20 steps, ten per epoch. The function returns the α of each step; steps are counted from 1. */
function recorded(alpha: (step: number) => number, more: readonly RecordedEvent[] = []) {
  const run = createRun('id')
  append(run, { ...startEvent, config, time: 0 })
  append(run, { ...probe, time: 1 })
  for (let step = 1; step <= 20; step++) append(run, { ...stepEvent(step, step), alpha: alpha(step) } as RecordedEvent)
  for (const event of more) append(run, event)
  return run
}

const evaluation = (epoch: number, top1: number): RecordedEvent => ({
  type: 'evaluation',
  split: 'validation',
  step: 10 * epoch,
  epoch,
  images: 6,
  loss: 1,
  crossEntropy: 1,
  top1,
  top5: 1,
  time: 2,
})
const finished: RecordedEvent = {
  type: 'end',
  reason: 'finished',
  step: 20,
  epoch: 2,
  message: '',
  advice: '',
  time: 9,
}
const scheduled = (step: number) => (step > 10 ? -2 : 0)

describe('a run’s record', () => {
  it('has its probes by module, with their mean', () => {
    const { probes, classes, lab, fingerprint } = recordOf('a', recorded(scheduled))
    expect(probes[0].modules.get('layer2')).toEqual({ selectivity: 0.3, floor: 0.1 })
    expect(probes[0].modules.get('network')).toEqual({ selectivity: 0.4, floor: 0.2 })
    expect([classes, lab, fingerprint]).toEqual([3, '0', 'f00d'])
  })

  it('reports whether α deviated from the schedule', () => {
    expect(recordOf('a', recorded(scheduled)).held).toBe(false)
    expect(
      recordOf(
        'a',
        recorded((step) => (step === 15 ? 0 : scheduled(step))),
      ).held,
    ).toBe(true)
  })

  it('has a final score only if the run is finished', () => {
    const own = recorded(scheduled, [evaluation(1, 0.2), evaluation(2, 0.5)])
    expect(recordOf('a', own)).toMatchObject({ state: 'unfinished' })
    expect(finalEvaluation(recordOf('a', own))).toBeUndefined()
    append(own, finished)
    expect(finalEvaluation(recordOf('a', own))).toMatchObject({ epoch: 2, top1: 0.5 })
    expect(() => recordOf('a', createRun('x'))).toThrow(/no start event/)
  })

  it('reads numbers that JSON cannot represent as NaN', () => {
    const lost = JSON.parse(JSON.stringify({ ...evaluation(2, Number.NaN) })) as RecordedEvent
    expect(recordOf('a', recorded(scheduled, [lost])).evaluations[0].top1).toBeNaN()
  })

  it('compares with chance by the binomial standard error', () => {
    const record = { ...recordOf('a', recorded(scheduled)), classes: 100 }
    expect(chanceTop1(record)).toBe(0.01)
    // 5000 images: 0.01 + 3 · √(0.01 · 0.99 / 5000) = 0.01422.
    const at = (top1: number) => atChance(record, { epoch: 1, images: 5000, top1, top5: 0, loss: 1 })
    expect([at(0.001), at(0.0142), at(0.0143)]).toEqual([true, true, false])
  })
})

describe('measurements', () => {
  it('of ablation are areas of selective and random curves', () => {
    const table = createTable(tables.curves)
    const curve = (order: string, draw: number, middle: number, more = {}) => {
      for (const [n, share, top1] of [
        [0, 0, 0.8],
        [4, 0.5, middle],
        [8, 1, 0],
      ]) {
        const key = { checkpoint: 'epoch-0001', data: 'cifar10', mode: 'zero', seed: 1, epoch: 1, loss: 1, top5: 1 }
        table.put({ ...key, module: 'layer1', order, draw, n, share, top1, ...more })
      }
    }
    curve('selective', 0, 0.2)
    curve('random', 0, 0.4)
    curve('random', 1, 0.6)
    curve('selective', 0, 0.8, { data: 'elsewhere' })
    curve('selective', 0, 0.8, { mode: 'mean' })
    const [harm, ...others] = recordOf('a', recorded(scheduled), { curves: table.rows() }).ablation
    expect(others).toEqual([])
    // Trapezoidal rule: ½ · ½ · (1 + m) + ½ · ½ · m, where m is the middle value divided by 0.8.
    expect(harm.selective).toBeCloseTo(0.25 + 0.5 * 0.25, 12)
    expect(harm.random).toBeCloseTo(0.25 + 0.5 * 0.625, 12)
    expect(harm.extraHarm).toBeCloseTo(0.5 * 0.375, 12)
    expect(harm).toMatchObject({ epoch: 1, module: 'layer1', top1: 0.8 })
  })

  it('of ablation are NaN if a curve lacks an end', () => {
    const row = {
      data: 'cifar10',
      mode: 'zero',
      seed: '1',
      epoch: '1',
      module: 'layer1',
      order: 'selective',
      draw: '0',
    }
    const [harm] = recordOf('a', recorded(scheduled), {
      curves: [{ ...row, n: '0', share: '0', top1: '0.5' }],
    }).ablation
    expect(harm.extraHarm).toBeNaN()
  })

  it('of linearity are means over sites and over pairs of different layers', () => {
    const table = createTable(tables.linearity)
    const put = (measure: string, value: number, site = '', other = '', k = '') =>
      table.put({ checkpoint: 'epoch-0001', data: 'cifar10', epoch: 1, measure, site, other, k, value })
    put('affineDeviation', 0.5)
    put('gateConstancy', 0.8, 'layer1.0')
    put('gateConstancy', 0.9, 'layer2.0')
    for (const [site, other, value] of [
      ['a', 'a', 1],
      ['a', 'b', 0.6],
      ['b', 'a', 0.6],
      ['b', 'b', 1],
    ] as const) {
      put('crossLayerCorrelation', value, site, other, '1')
      put('crossLayerCorrelation', 0, site, other, '2')
      put('crossLayerControl', value === 1 ? 1 : 0.2, site, other, '1')
    }
    const [point] = recordOf('a', recorded(scheduled), { linearity: table.rows() }).linearity
    expect(point).toMatchObject({ epoch: 1, affineDeviation: 0.5, correlation: 0.6, control: 0.2, readOut: Number.NaN })
    expect(point.gateConstancy).toBeCloseTo(0.85, 12)
    expect(point.aboveControl).toBeCloseTo(0.4, 12)
  })
})
