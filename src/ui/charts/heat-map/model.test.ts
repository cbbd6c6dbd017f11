import { describe, expect, it } from 'vitest'
import type { SiteProbe } from '../../../protocol/run-events.ts'
import { append, createRun, type Run } from '../../../runs/reduce.ts'
import { startEvent, stepEvent } from '../../../testing/events.ts'
import { quartiles } from '../distribution/model.ts'
import { cellWidth, heatMargins } from './geometry.ts'
import { cellIn, columnAlphas, columnsIn, heatCells, heatValue, tickColumns } from './model.ts'

const site = (name: string, selectivity: readonly number[], floor: readonly number[]): SiteProbe => ({
  site: name,
  module: name.slice(0, 6),
  selectivity,
  floor,
  preferredClass: selectivity.map(() => 0),
  dead: selectivity.map(() => 0),
})

/** A run with probes of two sites after the given steps, and with the given α between them. */
function runOf(alphas: readonly number[], probed: readonly number[]): Run {
  const run = createRun('a')
  append(run, { ...startEvent, time: 0 })
  const probe = (step: number) =>
    append(run, {
      type: 'probe',
      step,
      epoch: step / 10,
      time: step,
      images: 6,
      network: { selectivity: 0.4, floor: 0.1 },
      modules: [],
      sites: [site('layer1.0', [0.2, 0.4], [0.1, 0.3]), site('layer2.0', [step / 10, step / 10], [0.1, 0.1])],
    })
  if (probed.includes(0)) probe(0)
  for (const [i, alpha] of alphas.entries()) {
    const event = stepEvent(i + 1, i + 1)
    append(run, event.type === 'step' ? { ...event, alpha } : event)
    if (probed.includes(i + 1)) probe(i + 1)
  }
  return run
}

describe('the heat map', () => {
  const run = runOf([0, 0, -3, -5, 0, 0, 2, 0], [0, 2, 4, 5, 8])

  it('has one cell for each site and probe, with the mean over the site’s units', () => {
    const cells = heatCells(run)
    expect(cells).toHaveLength(10)
    expect(cells[3]).toEqual({
      row: 1,
      column: 1,
      site: 'layer2.0',
      step: 2,
      epoch: 0.2,
      selectivity: 0.2,
      floor: 0.1,
    })
    const mean = run.probes[0].sites[0]
    expect([mean.selectivity, mean.floor]).toEqual([expect.closeTo(0.3, 12), expect.closeTo(0.2, 12)])
    expect([heatValue(mean, false), heatValue(mean, true)]).toEqual([expect.closeTo(0.3, 12), expect.closeTo(0.1, 12)])
  })

  it('has only the cells of its own run', () => {
    const place = { row: 1, column: 4 }
    expect(cellIn(run, place, 0)).toEqual(place)
    expect(cellIn(runOf([0], [0, 1]), place, 0)).toBeNull()
    expect(cellIn(run, { row: 2, column: 4 }, 0)).toBeNull()
    expect(cellIn(run, { row: -1, column: 4 }, 0)).toBeNull()
    expect(cellIn(run, { row: 0, column: 1 }, 2)).toBeNull()
  })

  it('shows in each column the α since the previous probe', () => {
    expect(columnAlphas(run)).toEqual([0, 0, -5, 0, 2])
    expect(columnAlphas(runOf([1], [0]))).toEqual([0])
  })

  it('zooms to the probes of a range of steps, and to all probes if the range contains none', () => {
    expect(columnsIn(run, null)).toEqual([0, 4])
    expect(columnsIn(run, [2, 5])).toEqual([1, 3])
    expect(columnsIn(run, [6, 7])).toEqual([0, 4])
  })

  it('labels at most eight columns, including the first and the last, with enough space between them', () => {
    for (const last of [0, 1, 6, 7, 8, 20, 33, 110]) {
      const ticks = tickColumns(0, last)
      expect(ticks.length).toBeLessThanOrEqual(8)
      expect([ticks[0], ticks.at(-1)]).toEqual([0, last])
      expect(new Set(ticks).size).toBe(ticks.length)
    }
    expect(tickColumns(5, 9)).toEqual([5, 6, 7, 8, 9])
  })

  it('divides its width among the columns', () => {
    expect(cellWidth(624, 0, 4)).toBe((624 - heatMargins.left - heatMargins.right) / 5)
  })
})

describe('quartiles', () => {
  it('are interpolated linearly', () => {
    expect(quartiles([4, 1, 3, 2])).toEqual([1.75, 2.5, 3.25])
    expect(quartiles([7])).toEqual([7, 7, 7])
  })
})
