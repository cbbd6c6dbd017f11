import { expect, test } from 'vitest'
import { parseConfig } from '../../config/config.ts'
import { nothingMeasured } from '../../experiments/plan.ts'
import { createTable, type MeasuredTexts, tables } from '../../runs/tables.ts'
import { curve, effect, linear } from '../../testing/measured-run.ts'
import { wasMeasured } from './plan-measure.ts'

const config = parseConfig({ model: { blocks: [1, 1, 1, 1], width: 2, block: 'basic' }, train: { epochs: 1 } })

function textsOf(rows: Partial<Record<keyof MeasuredTexts, readonly Readonly<Record<string, string | number>>[]>>) {
  const entries = Object.entries(rows).map(([name, own]) => {
    const table = createTable(tables[name as keyof MeasuredTexts])
    for (const row of own) table.put(row)
    return [name, table.text()]
  })
  return { tables: Object.fromEntries(entries) as MeasuredTexts }
}

const layer1 = { modules: ['layer1'], draws: 1, points: 3 }

test('a run counts as measured if it has all curves of a plan', () => {
  const both = (epoch: number) => [
    ...curve({ epoch, module: 'layer1', order: 'selective', top1: [0.5, 0.1, 0.1] }),
    ...curve({ epoch, module: 'layer1', order: 'random', top1: [0.5, 0.4, 0.1] }),
  ]
  const stored = textsOf({ curves: [...both(0), ...both(1)] })
  const asks = (ablation: typeof layer1, epochs: number[] | null = null) =>
    wasMeasured(stored, config, { ...nothingMeasured, epochs, ablation })
  expect(asks(layer1)).toBe(true)
  // Two units have only three points.
  expect(asks({ ...layer1, points: 11 })).toBe(true)
  expect(asks({ ...layer1, draws: 2 })).toBe(false)
  expect(asks({ ...layer1, modules: ['layer1', 'layer2'] })).toBe(false)
  const half = textsOf({ curves: [...both(0), ...both(1).slice(0, -1)] })
  const ablation = layer1
  expect(wasMeasured(half, config, { ...nothingMeasured, ablation })).toBe(false)
  expect(wasMeasured(half, config, { ...nothingMeasured, epochs: [0], ablation })).toBe(true)
  const mean = textsOf({ curves: [...both(0), ...both(1)].map((row) => ({ ...row, mode: 'mean' })) })
  expect(wasMeasured(mean, config, { ...nothingMeasured, ablation })).toBe(false)
})

test('units are counted, and linearity is complete or missing', () => {
  const stored = textsOf({ units: [effect(0, 0.2, 0.1), effect(1, 0.1, 0.3)], linearity: linear(1, 0.5) })
  const at = { ...nothingMeasured, epochs: [1] }
  expect(wasMeasured(stored, config, { ...at, linearity: true })).toBe(true)
  expect(wasMeasured(stored, config, { ...at, epochs: [0, 1], linearity: true })).toBe(false)
  expect(wasMeasured(stored, config, { ...at, units: { modules: ['layer1'], sample: null } })).toBe(true)
  expect(wasMeasured(stored, config, { ...at, units: { modules: ['layer2'], sample: 1 } })).toBe(false)
  expect(wasMeasured(stored, config, nothingMeasured)).toBe(true)
})
