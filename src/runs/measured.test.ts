import { describe, expect, test } from 'vitest'
import { checkpoint, curve, measuredRun } from '../testing/measured-run.ts'
import {
  addRows,
  curveArea,
  curveRows,
  effectRows,
  knownPoints,
  knownUnits,
  linearityRows,
  measuredTexts,
} from './measured.ts'
import { tableFiles } from './tables.ts'

describe('the measurements of a run', () => {
  test('become files with the columns of the command line, one for each table with rows', () => {
    const files = new Map(tableFiles(measuredTexts(measuredRun().measured)))
    expect([...files.keys()]).toEqual(['ablation-curves.csv', 'ablation-units.csv', 'linearity.csv'])
    const [header, first] = files.get('ablation-curves.csv')?.split('\n') ?? []
    expect(header).toBe('checkpoint,data,fingerprint,module,order,draw,mode,seed,n,epoch,share,loss,top1,top5')
    expect(first).toBe('epoch-0000.safetensors,cifar10,,layer1,selective,0,zero,1,0,0,0,1.5,0.5,1')
  })

  test('are read as numbers, with NaN for empty cells', () => {
    const { measured } = measuredRun()
    expect(curveRows(measured)[1]).toMatchObject({ module: 'layer1', order: 'selective', n: 4, share: 0.5, top1: 0.1 })
    expect(effectRows(measured)[1]).toMatchObject({ site: 'layer1.0', unit: 3, preferredTop1Drop: Number.NaN })
    expect(linearityRows(measured)[0]).toMatchObject({ measure: 'affineDeviation', value: 0.25 })
  })

  test('are replaced and parsed again after a repeated measurement', () => {
    const { measured } = measuredRun()
    const before = curveRows(measured)
    expect(curveRows(measured)).toBe(before)
    addRows(measured, 'curves', curve({ epoch: 1, module: 'layer1', order: 'selective', top1: [0.6, 0.6, 0.6] }))
    expect(curveRows(measured)).toHaveLength(before.length)
    expect(curveRows(measured).filter(({ top1 }) => top1 === 0.6)).toHaveLength(3)
  })

  test('are listed by checkpoint', () => {
    const { measured } = measuredRun()
    expect(Object.entries(knownPoints(measured, 'zero')).map(([file, points]) => [file, points.length])).toEqual([
      [checkpoint(0), 9],
      [checkpoint(1), 9],
    ])
    expect(knownPoints(measured, 'mean')).toEqual({})
    expect(knownUnits(measured, 'zero')).toEqual({ [checkpoint(1)]: { 'layer1.0': [0, 3] } })
  })
})

test('the area under a curve is relative to the intact network, and NaN without either end of the curve', () => {
  const { measured } = measuredRun()
  const own = curveRows(measured).filter((row) => row.epoch === 0 && row.order === 'selective')
  // Trapezoids through 1, 0.2 and 0.2 at shares 0, ½ and 1.
  expect(curveArea(own, 'top1')).toBeCloseTo(0.5 * 0.6 + 0.5 * 0.2, 12)
  expect(curveArea(own.slice(1), 'top1')).toBeNaN()
  expect(curveArea(own.slice(0, -1), 'top1')).toBeNaN()
})
