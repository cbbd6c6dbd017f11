/** What charts compute from the steps of a run grows with the run, and is the same as if it were computed from scratch. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { append, createRun, type GrowingRun, type Run, runView, type StepKey } from '../../runs/reduce.ts'
import { startEvent, stepEvent } from '../../testing/events.ts'
import { lossRows } from '../charts/loss/model.ts'
import { flagsOf } from '../timeline/time-line-model.ts'
import { alphaSpans, signSpans } from './alpha-spans.ts'
import { decimate } from './decimate.ts'
import { columnExtremes } from './extremes.ts'
import { stepsKey } from './run-at.ts'
import { smooth, smoothColumn } from './smooth.ts'
import { xAxisOf } from './x-axis.ts'

const losses = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Number.NaN))
const alphas = fc.constantFrom(0, 0, 0, -1, -1, 2)
const taken = fc.array(fc.record({ loss: losses, alpha: alphas, held: fc.boolean() }), { maxLength: 150 })

function grow(run: GrowingRun, rows: readonly { loss: number; alpha: number; held: boolean }[]): Run {
  const before = run.steps.length
  for (const [i, row] of rows.entries()) append(run, { ...stepEvent(before + i + 1, before + i + 1), ...row })
  return runView(run)
}

/** A run with the same events that nothing was computed of yet. */
function again({ events }: Run): Run {
  const copy = createRun('again')
  for (const event of events) append(copy, event)
  return runView(copy)
}

const started = (totalSteps = 100_000) => {
  const run = createRun('a')
  append(run, { ...startEvent, totalSteps, time: 0 })
  append(run, { type: 'activity', activity: 'training', step: 0, epoch: 0, time: 0 })
  return run
}

describe('a growing run', () => {
  it('has the smoothed line, the spans of α and the flags of its steps, however they arrived', () => {
    fc.assert(
      fc.property(fc.array(taken, { minLength: 1, maxLength: 4 }), fc.constantFrom(1, 5, 20), (parts, span) => {
        const run = started()
        for (const view of parts.map((rows) => grow(run, rows))) {
          expect(smoothColumn(view.steps, 'loss', span)).toEqual(smooth(view.steps.column('loss'), span))
          expect(alphaSpans(view)).toEqual(alphaSpans(again(view)))
          expect(flagsOf(view)).toEqual(flagsOf(again(view)))
        }
      }),
      { numRuns: 40 },
    )
  })

  it('has them too where it was cut and takes steps again, while views from before the cut keep theirs', () => {
    const cuts = fc.array(fc.record({ rows: taken, at: fc.double({ min: 0, max: 1, noNaN: true }) }), {
      minLength: 1,
      maxLength: 4,
    })
    const drawn = ({ steps, ...view }: Run) => ({
      line: [...smoothColumn(steps, 'loss', 5)],
      spans: alphaSpans({ ...view, steps }),
      signs: signSpans({ ...view, steps }),
      flags: flagsOf({ ...view, steps }),
      points: decimate(steps.column('step'), steps.column('loss'), [0, 700], 20, columnExtremes(steps, 'loss')),
    })
    fc.assert(
      fc.property(cuts, taken, (parts, last) => {
        const run = started()
        const before: { readonly view: Run; readonly seen: ReturnType<typeof drawn> }[] = []
        const look = (view: Run) => {
          const fresh = again(view)
          const seen = drawn(view)
          expect(seen).toEqual(drawn(fresh))
          expect(seen.line).toEqual([...smooth(view.steps.column('loss'), 5)])
          before.push({ view, seen })
        }
        for (const { rows, at } of parts) {
          look(grow(run, rows))
          const fromStep = Math.floor(at * run.steps.length)
          append(run, { ...startEvent, totalSteps: 100_000, fromStep, time: 0 })
          expect(run.steps.length).toBe(fromStep)
        }
        look(grow(run, last))
        for (const { view, seen } of before) expect(drawn(view)).toEqual(seen)
      }),
      { numRuns: 40 },
    )
  })

  it('is decimated to the points that looking at every value finds', () => {
    const ends = fc
      .tuple(fc.nat(600), fc.nat(600))
      .map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b) + 1])
    fc.assert(
      fc.property(
        fc.array(taken, { minLength: 1, maxLength: 4 }),
        ends,
        fc.integer({ min: 1, max: 40 }),
        (parts, range, columns) => {
          const run = started()
          const views = parts.map((rows) => grow(run, rows))
          for (const { steps } of [...views, views[0]]) {
            const [x, y] = [steps.column('step'), steps.column('loss')]
            const known = columnExtremes(steps, 'loss')
            expect(decimate(x, y, range, columns, known)).toEqual(decimate(x, y, range, columns))
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

/** The run with columns that count how often a number is read. */
function watched(run: Run) {
  const count = { reads: 0 }
  const counting = (values: Float64Array) =>
    new Proxy(values, {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) count.reads++
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  const columns = new Map<StepKey, Float64Array>()
  const column = (key: StepKey) => {
    const own = columns.get(key) ?? counting(run.steps.column(key))
    columns.set(key, own)
    return own
  }
  const { length, origin } = run.steps
  return { run: { ...run, steps: { length, origin, column } }, count }
}

/** Numbers that are read to draw the loss of a run after one more step. */
function readsAfterOneStep(steps: number): number {
  const run = started()
  const draw = (view: Run) => {
    alphaSpans(view)
    flagsOf(view)
    return lossRows(view, xAxisOf(view, { x: 'epoch', range: null }), { columns: 300, span: 20 })
  }
  const row = (i: number) => ({ loss: Math.sin(i), alpha: 0, held: false })
  draw(
    grow(
      run,
      Array.from({ length: steps }, (_, i) => row(i)),
    ),
  )
  const { run: view, count } = watched(grow(run, [row(steps)]))
  expect(draw(view).length).toBeGreaterThan(300)
  return count.reads
}

describe('one more step of a long run', () => {
  it('needs no more work than one of a short run', () => {
    const [short, long] = [10_000, 100_000].map(readsAfterOneStep)
    expect(long).toBeLessThan(2 * short)
    expect(long).toBeLessThan(60_000)
  })

  it('rarely redraws a line of 100,000 steps, which always has the newest step when the run rests', () => {
    const run = started()
    const keys = new Set<string>()
    const step = () => append(run, stepEvent(run.steps.length + 1, run.steps.length + 1))
    for (let i = 0; i < 300; i++) {
      step()
      expect(keys.has(stepsKey(run, null))).toBe(false)
      keys.add(stepsKey(run, null))
    }
    for (let i = 300; i < 100_000; i++) {
      step()
      keys.add(stepsKey(run, null))
    }
    expect(keys.size).toBeLessThan(6000)
    append(run, { type: 'activity', activity: 'paused', step: 100_000, epoch: 1, time: 100_001 })
    const before = stepsKey(run, null)
    step()
    expect(stepsKey(run, null)).not.toBe(before)
  })

  it('changes no list of a view that has not grown', () => {
    const run = started()
    append(run, { type: 'warning', step: 0, epoch: 0, message: 'slow', time: 1 })
    const before = runView(run)
    append(run, stepEvent(1, 2))
    expect(runView(run).warnings).toBe(before.warnings)
    append(run, { type: 'warning', step: 1, epoch: 0, message: 'slower', time: 3 })
    expect([before.warnings.length, runView(run).warnings.length]).toEqual([1, 2])
  })
})
