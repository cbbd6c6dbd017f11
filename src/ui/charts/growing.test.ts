/** Charts of measurements while their run grows. Each version of the run is a separate view. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { loggedProbe } from '../../runs/format/log.ts'
import { addRows } from '../../runs/measured.ts'
import { createSeries } from '../../store/series.ts'
import { startEvent, stepEvent } from '../../testing/events.ts'
import { checkpoint, linear } from '../../testing/measured-run.ts'
import { madeProbe, toySites } from '../../testing/probes.ts'
import { checkpointsKey, measurementKey, probeKey, stepsKey } from '../plot/run-at.ts'
import { xAxisOf } from '../plot/x-axis.ts'
import { linearityLines } from './linearity/model.ts'

const view = { x: 'epoch', range: null } as const

/** A series with a run that trains `epochs` epochs of ten steps and measures each with `measureEpoch`. */
function training() {
  const series = createSeries()
  series.begin('a')
  series.add({ ...startEvent, time: 0 })
  return {
    series,
    trainEpoch(epoch: number): void {
      for (let step = 10 * (epoch - 1) + 1; step <= 10 * epoch; step++) series.add(stepEvent(step, step))
      series.add({ type: 'checkpoint', step: 10 * epoch, epoch, file: checkpoint(epoch), bytes: 4, time: epoch })
    },
    measureEpoch(epoch: number): void {
      series.addMeasured('a', (measured) => addRows(measured, 'linearity', linear(epoch, 0.5)))
    },
    /** The view of the run that a component gets after the next notification. */
    seen() {
      vi.advanceTimersByTime(1000)
      const { run } = series.snapshot()
      if (!run) throw new Error('no run')
      return run
    },
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a measured chart while its run grows', () => {
  test('gets a new view of the run for each version, with every measured point inside the axis', () => {
    const { trainEpoch, measureEpoch, seen } = training()
    trainEpoch(1)
    measureEpoch(1)
    const first = seen()
    const firstAxis = xAxisOf(first, view)
    trainEpoch(2)
    trainEpoch(3)
    measureEpoch(3)
    const second = seen()
    expect(second).not.toBe(first)
    const axis = xAxisOf(second, view)
    const points = linearityLines(second, 'affineDeviation', axis.at)
    expect(points.map(({ x }) => x)).toEqual([1, 3])
    expect(points.every(({ x }) => x >= axis.domain[0] && x <= axis.domain[1])).toBe(true)
    expect(firstAxis.domain).toEqual([0, 1])
  })

  test('does not change an earlier view when the run grows', () => {
    const { trainEpoch, measureEpoch, seen } = training()
    trainEpoch(1)
    measureEpoch(1)
    const first = seen()
    for (const epoch of [2, 3]) trainEpoch(epoch)
    measureEpoch(2)
    seen()
    expect([first.steps.length, first.steps.column('step').length, first.events.length]).toEqual([10, 10, 12])
    expect(first.checkpoints.map(({ epoch }) => epoch)).toEqual([1])
    expect(xAxisOf(first, view).domain).toEqual([0, 1])
    expect(linearityLines(first, 'affineDeviation', (step) => step)).toHaveLength(1)
  })

  test('has the same measurements object while nothing is measured', () => {
    const { trainEpoch, measureEpoch, seen } = training()
    trainEpoch(1)
    measureEpoch(1)
    const first = seen()
    trainEpoch(2)
    const second = seen()
    expect(second).not.toBe(first)
    expect(second.measured).toBe(first.measured)
    measureEpoch(2)
    expect(seen().measured).not.toBe(first.measured)
  })

  test('is not redrawn for a probe, and neither are lines of steps; charts of probes are', () => {
    const { trainEpoch, measureEpoch, seen, series } = training()
    const keys = () => {
      const run = seen()
      return { probes: probeKey(run), measured: checkpointsKey(run), steps: stepsKey(run, null) }
    }
    const probe = (step: number) =>
      series.add({ ...loggedProbe(madeProbe(toySites, step, step / 10), null), time: step })
    probe(0)
    trainEpoch(1)
    measureEpoch(1)
    const before = keys()
    probe(10)
    const after = keys()
    expect(after).toEqual({ ...before, probes: after.probes })
    expect(after.probes).not.toBe(before.probes)
  })

  test('is redrawn when its axis grows or a measurement arrives, and not for other events', () => {
    const { trainEpoch, measureEpoch, seen, series } = training()
    trainEpoch(1)
    const first = seen()
    series.add({ type: 'warning', step: 10, epoch: 1, message: 'slow', time: 11 })
    expect(measurementKey(seen())).toBe(measurementKey(first))
    measureEpoch(1)
    const measured = seen()
    expect(measurementKey(measured)).not.toBe(measurementKey(first))
    expect(probeKey(measured)).toBe(probeKey(first))
    trainEpoch(2)
    expect(measurementKey(seen())).not.toBe(measurementKey(measured))
    expect(probeKey(seen())).not.toBe(probeKey(measured))
  })
})
