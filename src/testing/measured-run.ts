/** A run with checkpoints and measurements, for tests. */
import type { AblationOrder, MeasuredCells } from '../protocol/measurement.ts'
import { addRows } from '../runs/measured.ts'
import { append, createRun, type GrowingRun } from '../runs/reduce.ts'
import { startEvent } from './events.ts'

export const checkpoint = (epoch: number) => `epoch-000${epoch}.safetensors`

const on = (epoch: number) => ({ checkpoint: checkpoint(epoch), data: 'cifar10', epoch })

interface Curve {
  readonly epoch: number
  readonly module: string
  readonly order: AblationOrder
  readonly draw?: number
  /** Top-1 without ablation, with half of the units ablated, and with all of them. */
  readonly top1: readonly [number, number, number]
}

export const curve = ({ epoch, module, order, draw = 0, top1 }: Curve): MeasuredCells[] =>
  top1.map((value, i) => ({
    ...on(epoch),
    module,
    order,
    draw,
    mode: 'zero',
    seed: 1,
    n: 4 * i,
    share: i / 2,
    loss: 2 - value,
    top1: value,
    top5: 1,
  }))

export const effect = (unit: number, selectivity: number, lossIncrease: number): MeasuredCells => ({
  ...on(1),
  module: 'layer1',
  site: 'layer1.0',
  unit,
  mode: 'zero',
  selectivity,
  preferredClass: 0,
  loss: 1 + lossIncrease,
  top1: 0.5,
  top5: 1,
  preferredTop1: Number.NaN,
  lossIncrease,
  top1Drop: 0.25,
  preferredTop1Drop: Number.NaN,
})

const pairs = (measure: string, value: number) =>
  ['layer1.0', 'fc'].flatMap((site) =>
    ['layer1.0', 'fc'].map((other) => ({ measure, site, other, k: '1', value: site === other ? 1 : value })),
  )

export const linear = (epoch: number, deviation: number): MeasuredCells[] =>
  [
    { measure: 'affineDeviation', site: '', other: '', k: '', value: deviation },
    { measure: 'gateConstancy', site: 'layer1.0', other: '', k: '', value: 0.75 },
    { measure: 'gateConstancy', site: 'layer1.1', other: '', k: '', value: 0.25 },
    ...pairs('crossLayerCorrelation', 0.5),
    ...pairs('crossLayerControl', Number.NaN),
  ].map((row) => ({ ...on(epoch), pairs: 'seeded', seed: 1, ...row }))

/** A run of ten steps per epoch with checkpoints after epochs 0, 1 and 2. */
export function measuredRun(): GrowingRun {
  const run = createRun('measured')
  append(run, { ...startEvent, sites: [{ name: 'layer1.0', module: 'layer1', units: 8 }], time: 0 })
  for (const epoch of [0, 1, 2])
    append(run, { type: 'checkpoint', step: 10 * epoch, epoch, file: checkpoint(epoch), bytes: 4, time: epoch })
  const curves = [0, 1].flatMap((epoch) => [
    ...curve({ epoch, module: 'layer1', order: 'selective', top1: [0.5, 0.1, 0.1] }),
    ...curve({ epoch, module: 'layer1', order: 'random', top1: [0.5, 0.3, 0.1] }),
    ...curve({ epoch, module: 'layer1', order: 'random', draw: 1, top1: [0.5, 0.4, 0.1] }),
  ])
  addRows(run.measured, 'curves', curves)
  addRows(run.measured, 'units', [effect(0, 0.2, 0.1), effect(3, 0.1, 0.3)])
  addRows(run.measured, 'linearity', [...linear(0, 0.25), ...linear(2, 0.5)])
  return run
}
