import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { append, createRun } from '../../runs/reduce.ts'
import { startEvent, stepEvent } from '../../testing/events.ts'
import { onLogAxis } from '../charts/loss/model.ts'
import { alphaLegend, visibleSpans } from './alpha-legend.ts'
import { lineEnd, nameHeight, placeNames } from './end-labels.ts'
import { axisEnd } from './x-axis.ts'
import { axisFromZero, linearAxis, logAxis, valuesWithin } from './y-axis.ts'
import { moved, scaled } from './zoom.ts'

describe('the y axis', () => {
  it('contains every finite value, with two to eight ticks inside its domain', () => {
    const values = fc.array(
      fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 1000),
      { minLength: 1, maxLength: 50 },
    )
    fc.assert(
      fc.property(values, (drawn) => {
        for (const { domain, ticks } of [axisFromZero([...drawn, Number.NaN]), linearAxis(drawn)]) {
          expect(domain[0]).toBeLessThanOrEqual(Math.min(...drawn))
          expect(domain[1]).toBeGreaterThanOrEqual(Math.max(...drawn))
          expect(ticks.length).toBeGreaterThanOrEqual(2)
          expect(ticks.length).toBeLessThanOrEqual(8)
          expect(ticks.every((tick) => tick >= domain[0] && tick <= domain[1])).toBe(true)
        }
      }),
    )
  })

  it('starts at 0 if the chart requests it', () => {
    expect(axisFromZero([0.2, 0.75])).toEqual({ scale: 'linear', domain: [0, 0.8], ticks: [0, 0.2, 0.4, 0.6, 0.8] })
    expect(axisFromZero([-0.02, 0.38]).domain[0]).toBeLessThan(0)
    expect(linearAxis([2.1, 2.9]).domain[0]).toBeGreaterThan(1)
    expect(axisFromZero([]).domain).toEqual([0, 1])
  })

  it('marks 1, 2 and 5 of each decade on a logarithmic axis, or even steps within one', () => {
    expect(logAxis([0.04, 3, -1, 0]).ticks).toEqual([0.05, 0.1, 0.2, 0.5, 1, 2])
    const narrow = logAxis([1.2, 1.4])
    expect(narrow.ticks.length).toBeGreaterThanOrEqual(2)
    expect(narrow.ticks.every((tick) => tick > 1.1 && tick < 1.5)).toBe(true)
    expect(onLogAxis({ x: 0, raw: 0.1 })).toBe(true)
    expect(onLogAxis({ x: 1, raw: -0.1 })).toBe(false)
  })

  it('reads the values inside the visible range', () => {
    const rows = [
      { x: 0, a: 9 },
      { x: 1, a: 2, band: [1, 3] as const },
      { x: 2, b: 5 },
    ]
    expect(valuesWithin(rows, ['a', 'band'], [0.5, 1.5])).toEqual([2, 1, 3])
    expect(valuesWithin(rows, ['a'], [5, 6])).toEqual([9, 2])
  })
})

describe('names of lines', () => {
  const points = [
    [0, 0],
    [2, 4],
    [4, 4],
  ] as const

  it('are at the end of the line, or where it leaves the view', () => {
    expect(lineEnd('a', points, [0, 10])).toEqual({ name: 'a', x: 4, y: 4 })
    expect(lineEnd('a', points, [0, 1])).toEqual({ name: 'a', x: 1, y: 2 })
    expect(lineEnd('a', points, [5, 9])).toBeNull()
    expect(lineEnd('a', points, [-3, -1])).toBeNull()
  })

  it('do not overlap, stay inside, and are placed as long as there is room', () => {
    const heights = fc.oneof(
      fc.double({ min: -300, max: 600, noNaN: true }),
      fc.integer({ min: 0, max: 6 }).map((tie) => tie * 5),
    )
    const area = fc.tuple(fc.integer({ min: -20, max: 60 }), fc.integer({ min: 0, max: 400 }))
    fc.assert(
      fc.property(fc.array(heights, { maxLength: 40 }), area, (ends, [top, height]) => {
        const placed = placeNames(
          ends.map((y, i) => ({ name: `m${i}`, x: 1, y })),
          [top, top + height],
        )
        expect(placed.length).toBe(Math.min(ends.length, Math.floor(height / nameHeight)))
        for (const [i, { y, at }] of placed.entries()) {
          expect(at).toBeGreaterThanOrEqual(top + nameHeight / 2 - 1e-6)
          expect(at).toBeLessThanOrEqual(top + height - nameHeight / 2 + 1e-6)
          if (i === 0) continue
          expect(at - placed[i - 1].at).toBeGreaterThanOrEqual(nameHeight - 1e-6)
          expect(y).toBeGreaterThanOrEqual(placed[i - 1].y)
        }
      }),
    )
  })

  it('stand at the ends of their lines where these are apart, and around them where they are close', () => {
    const at = (...ys: number[]) =>
      placeNames(
        ys.map((y, i) => ({ name: `m${i}`, x: 1, y })),
        [0, 200],
      ).map(({ name, at: middle }) => [name, middle])
    expect(at(120, 20, Number.NaN, 60)).toEqual([
      ['m1', 20],
      ['m3', 60],
      ['m0', 120],
    ])
    expect(at(100, 104)).toEqual([
      ['m0', 95],
      ['m1', 109],
    ])
    expect(at(-50, 400)).toEqual([
      ['m0', 7],
      ['m1', 193],
    ])
  })
})

describe('the legend of α', () => {
  it('names the signs of the applied α, and hides their spans', () => {
    const spans = [
      { from: 0, to: 2, alpha: -3 },
      { from: 4, to: 5, alpha: -1 },
    ]
    expect(alphaLegend(spans).map(({ label }) => label)).toEqual(['α < 0'])
    expect(alphaLegend([])).toEqual([])
    expect(visibleSpans(spans, new Set(['against']))).toEqual([])
    expect(visibleSpans(spans, new Set(['for']))).toEqual(spans)
  })
})

describe('zooming by buttons', () => {
  it('halves and doubles the range around its middle, inside the run', () => {
    const steps = { end: 100, grain: 1 }
    expect(scaled(null, steps, 0.5)).toEqual([25, 75])
    expect(scaled([25, 75], steps, 2)).toBeNull()
    expect(scaled([0, 20], steps, 2)).toEqual([0, 40])
    expect(scaled([10, 12], steps, 0.5)).toEqual([10, 12])
    expect(moved([0, 20], steps, -0.5)).toEqual([0, 20])
    expect(moved([70, 90], steps, 1)).toEqual([80, 100])
  })

  it('uses parts of an epoch on an axis of epochs', () => {
    const epochs = { end: 1, grain: 0.25 }
    expect(scaled(null, epochs, 0.5)).toEqual([0.25, 0.75])
    expect(scaled([0.25, 0.75], epochs, 0.5)).toEqual([0.25, 0.75])
    expect(moved([0.25, 0.75], epochs, 0.5)).toEqual([0.5, 1])
  })
})

describe('the end of the x axis', () => {
  it('is at most a twentieth behind the last step, and ends with the run', () => {
    const run = createRun('a')
    append(run, { ...startEvent, totalSteps: 100_000, time: 0 })
    const ends = new Set<number>()
    for (let step = 1; step < 99_900; step++) {
      append(run, stepEvent(step, step))
      const end = axisEnd(run)
      if (end < step || end > 1.05 * step) throw new Error(`the axis ends at ${end} after step ${step}`)
      ends.add(end)
    }
    expect(ends.size).toBeLessThan(500)
    append(run, stepEvent(99_900, 100_000))
    expect(axisEnd(run)).toBe(100_000)
    append(run, { type: 'end', reason: 'stopped', message: '', advice: '', step: 99_900, epoch: 1, time: 3 })
    expect(axisEnd(run)).toBe(99_900)
  })
})
