import { describe, expect, test } from 'vitest'
import { addCorrelations, addRows, correlationName } from '../../runs/measured.ts'
import { checkpoint, measuredRun } from '../../testing/measured-run.ts'
import { checkpointAt } from '../plot/moment.ts'
import { panelLayout } from '../plot/panel-layout.ts'
import { checkpointCaption, lineLegend, linesByCheckpoint } from './ablation/lines.ts'
import { ablationCaption, ablationTable, orderCurves, shownCurves } from './ablation/model.ts'
import { areaCaption, areaRows, areasOf, areaTable } from './area/model.ts'
import { correlationCaption, correlationTable, shownCorrelation } from './correlation/model.ts'
import { correlationText, effectTable, impactCaption, impactPanels, shownEffects } from './impact/model.ts'
import { indexLines, indexMeans, indicesCaption, indicesTable } from './indices/model.ts'
import { linearityCaption, linearityLines, linearityTable } from './linearity/model.ts'

const at = (step: number) => step

describe('the checkpoint of a moment', () => {
  test('is the last one before it, else the first; the newest measured one by default', () => {
    const run = measuredRun()
    const files = new Set([checkpoint(0), checkpoint(1)])
    expect([checkpointAt(run, null), checkpointAt(run, 15), checkpointAt(run, 0)].map((one) => one?.epoch)).toEqual([
      2, 1, 0,
    ])
    expect(checkpointAt(run, null, files)?.epoch).toBe(1)
    expect(checkpointAt(run, 0, new Set([checkpoint(2)]))?.epoch).toBe(2)
    expect(checkpointAt(run, null, new Set())).toBe(null)
  })
})

describe('ablation curves', () => {
  const run = measuredRun()
  const { checkpoint: shown, rows } = shownCurves(run, null, 'zero')
  const curves = orderCurves(rows, 'top1')

  test('belong to the newest measured checkpoint, and random orders are averaged with their range', () => {
    expect(shown?.file).toBe(checkpoint(1))
    expect(curves.map(({ order, draws }) => [order, draws])).toEqual([
      ['selective', 1],
      ['random', 2],
    ])
    const [, half] = curves[1].marks
    expect([half.value, half.lower, half.upper].map((value) => Math.round(value))).toEqual([35, 30, 40])
    expect(ablationTable(rows).rows()).toHaveLength(9)
  })

  test('have a caption that names where the orders differ most', () => {
    expect(ablationCaption(curves, 1, 'top1')).toBe(
      'At epoch 1.00, without the 50 % most selective units of layer1 top-1 is 10.0 % (whole network 50.0 %); without as many random units it is 35.0 % (2 draws, 30.0 % to 40.0 %).',
    )
    expect(ablationCaption(curves.slice(0, 1), 1, 'top1')).toMatch(/measure selective and random orders together/)
  })

  test('of one order at all checkpoints are in percent of the whole network', () => {
    const lines = linesByCheckpoint(run, { mode: 'zero', measure: 'top1', order: 'selective' })
    expect(lines.map(({ label, opacity }) => [label, opacity])).toEqual([
      ['epoch 0.00', 0.3],
      ['epoch 1.00', 1],
    ])
    for (const { marks } of lines) expect(marks[0]).toMatchObject({ n: 0, value: 100 })
    expect(lines[1].marks[1].value).toBeCloseTo(20, 9)
    expect(lineLegend(lines).map(({ key }) => key)).toEqual([checkpoint(0), checkpoint(1)])
    expect(checkpointCaption(lines, 'selective', 'top1')).toMatch(
      /^With 50 % of the units of layer1 ablated, most selective first: \d+ at epoch 0\.00 and 20 at epoch 1\.00,/,
    )
    expect(checkpointCaption([], 'selective', 'top1')).toMatch(/^Each line is a checkpoint/)
  })

  test('have areas by checkpoint, and the difference of two orders', () => {
    const areas = areasOf(run, 'zero', 'top1')
    expect(areaTable(areas).rows()).toHaveLength(4)
    const [first] = areaRows(areas, 'selective', at)
    expect(first).toEqual({ x: 0, step: 0, layer1: expect.closeTo(0.4, 9), 'layer1.random': expect.closeTo(0.65, 9) })
    expect(areaRows(areas, 'difference', at)[1]).toEqual({ x: 10, step: 10, layer1: expect.closeTo(0.25, 9) })
    expect(areaCaption(areas, 'top1')).toMatch(/differ most at epoch 0\.00 in layer1: areas 0\.40 and 0\.65\./)
  })
})

describe('other indices', () => {
  test('are means over the units with a defined index, with their chance floors', () => {
    const run = measuredRun()
    const row = (epoch: number, unit: number, value: number, floor: number) => ({
      ...{ checkpoint: checkpoint(epoch), data: 'cifar10', epoch, module: 'layer1', site: 'layer1.0' },
      ...{ unit, index: 'ccmas', value, floor },
    })
    const rows = [row(1, 0, 0.5, 0.2), row(1, 1, 0.3, 0.4), row(2, 0, 0.25, 0.125), row(2, 1, Number.NaN, Number.NaN)]
    addRows(run.measured, 'indices', [...rows, { ...row(2, 0, 0.5, Number.NaN), index: 'precision' }])
    const means = indexMeans(run)
    expect(means.map(({ index, epoch, units }) => [index, epoch, units])).toEqual([
      ['ccmas', 1, 2],
      ['ccmas', 2, 1],
      ['precision', 2, 1],
    ])
    expect(indexLines(means.slice(0, 2), at)).toEqual([
      { x: 10, step: 10, layer1: 0.4, 'layer1.floor': expect.closeTo(0.3, 9) },
      { x: 20, step: 20, layer1: 0.25, 'layer1.floor': 0.125 },
    ])
    expect(indicesTable(means).rows()[2]).toEqual([20, 2, 'layer1', 'precision', 1, 0.5, ''])
    expect(indicesCaption(means.slice(0, 2), 'ccmas')).toBe(
      'CCMAS is farthest above its chance floor at epoch 2.00 in layer1: 0.25, floor 0.13. Means over units.',
    )
    expect(indicesCaption(means.slice(2), 'precision')).toMatch(/^No checkpoint has precision of the top 60/)
  })
})

describe('single units', () => {
  const run = measuredRun()
  const { rows } = shownEffects(run, null, 'zero')
  const choice = { file: checkpoint(1), mode: 'zero', impact: 'lossIncrease' } as const

  test('are sorted by selectivity, and get their correlation when the worker has computed it', () => {
    const [before] = impactPanels(run, rows, choice)
    expect([before.units.map(({ unit }) => unit), before.correlation]).toEqual([[3, 0], null])
    const none = { rho: Number.NaN, lower: Number.NaN, upper: Number.NaN }
    const some = { rho: -0.5, lower: -0.75, upper: 0.25 }
    const found = { module: 'layer1', units: 2, lossIncrease: some, top1Drop: none, preferredTop1Drop: none }
    addCorrelations(run.measured, correlationName(checkpoint(1), 'zero'), [found])
    const [after] = impactPanels(run, rows, choice)
    expect(correlationText(after.correlation)).toBe('ρ −0.50 [−0.75, 0.25]')
    expect(correlationText(none)).toBe('ρ –')
    expect(impactCaption([after], 1, 'lossIncrease')).toBe(
      "Increase of the loss without one unit against its SI, at epoch 1.00. Spearman's ρ with its bootstrap interval of 95 %: layer1 −0.50 [−0.75, 0.25] over 2 units.",
    )
    expect(effectTable(rows).rows()).toHaveLength(2)
  })
})

describe('linearity', () => {
  const run = measuredRun()

  test('has means over a module’s sites, and each site', () => {
    expect(linearityLines(run, 'gateConstancy', at)).toEqual([
      { x: 0, step: 0, layer1: 0.5, 'layer1.0 site': 0.75, 'layer1.1 site': 0.25 },
      { x: 20, step: 20, layer1: 0.5, 'layer1.0 site': 0.75, 'layer1.1 site': 0.25 },
    ])
    expect(linearityTable(run).rows()).toHaveLength(6)
    expect(linearityCaption(run)).toMatch(/^The affine deviation is 0\.25 at epoch 0\.00 and 0\.5 at epoch 2\.00;/)
  })

  test('correlates layers at a moment, and names undefined values', () => {
    const { checkpoint: shown, tables } = shownCorrelation(run, 15, '1')
    expect(shown?.epoch).toBe(0)
    expect(tables.order).toEqual(['layer1.0', 'fc'])
    expect(tables.measured).toEqual([
      [1, 0.5],
      [0.5, 1],
    ])
    expect(correlationTable(tables).rows()[1]).toEqual(['layer1.0', 'fc', 0.5, Number.NaN])
    expect(correlationCaption(tables, 0)).toMatch(/is 0\.50 on average; .* undefined/)
  })
})

test('panels have as many columns as fit, and four panels never have three columns', () => {
  expect([1000, 640, 500, 300, 100].map((width) => panelLayout(width, 4).columns)).toEqual([4, 2, 2, 1, 1])
  const { boxes, inner, width } = panelLayout(700, 4)
  expect(boxes[3].x + inner.width).toBeLessThanOrEqual(width)
})
