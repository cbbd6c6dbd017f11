import { describe, expect, test, vi } from 'vitest'
import type { LoggedEvent } from '../../../protocol/run-events.ts'
import type { RunParent } from '../../../protocol/run-record.ts'
import { append, createRun, type GrowingRun, runView } from '../../../runs/reduce.ts'
import { startEvent, stepEvent } from '../../../testing/events.ts'
import { madeProbe, toySites } from '../../../testing/probes.ts'
import { flagsOf } from '../../timeline/time-line-model.ts'
import {
  commonSteps,
  differenceCaption,
  differenceTable,
  pairOf,
  scoreLines,
  selectivityDifferences,
  selectivityLines,
} from './model.ts'
import { differenceSteps } from './steps.ts'

const parentMark: RunParent = { kind: 'fork', id: 'parent', name: 'baseline', step: 10, epoch: 1, momentum: 'kept' }

const evaluation = (step: number, top1: number): LoggedEvent => ({
  type: 'evaluation',
  split: 'validation',
  step,
  epoch: step / 10,
  time: step,
  images: 6,
  loss: 2 - top1,
  crossEntropy: 2,
  top1,
  top5: 1,
})

/** SI of `layer1` and `layer2`. */
function probe(step: number, first: number, second: number): LoggedEvent {
  const { sites: _, modules, ...rest } = madeProbe(toySites, step, step / 10)
  const values = [first, second]
  return {
    ...rest,
    modules: modules.map((own, i) => ({ ...own, selectivity: values[i] })),
    sites: [],
    units: null,
    time: step,
  }
}

interface Own {
  readonly loss: number
  readonly from: number
  readonly to: number
}

const add = (run: GrowingRun, events: readonly LoggedEvent[]) => {
  for (const event of events) append(run, event)
  return run
}

const steps = ({ loss, from, to }: Own): LoggedEvent[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ ...stepEvent(from + i, from + i), loss }))

const first = [
  { ...startEvent, time: 0 },
  probe(0, 0.25, 0.25),
  ...steps({ loss: 2, from: 1, to: 10 }),
  probe(10, 0.5, 0.5),
]

/** 30 steps, with probes every ten and evaluations after 20 and 30. */
const baseline = () =>
  add(createRun('parent'), [
    ...first,
    ...steps({ loss: 1, from: 11, to: 20 }),
    probe(20, 0.5, 0.5),
    evaluation(20, 0.5),
    ...steps({ loss: 1, from: 21, to: 30 }),
    probe(30, 0.5, 0.5),
    evaluation(30, 0.5),
  ])

/** The fork left after step 10 and has 25 steps. */
const forked = () =>
  add(createRun('fork'), [
    ...first,
    { ...startEvent, fromStep: 10, parent: parentMark, time: 0 },
    ...steps({ loss: 1.5, from: 11, to: 20 }),
    probe(20, 0.75, 0.375),
    evaluation(20, 0.625),
    ...steps({ loss: 1.5, from: 21, to: 25 }),
    probe(25, 1, 0.25),
  ])

const axis = {
  unit: 'step',
  label: 'step',
  at: (step: number) => step,
  stepAt: Math.round,
  domain: [0, 30],
  last: 30,
} as const

describe('a fork beside its parent', () => {
  const pair = pairOf(forked(), baseline())
  if (!pair) throw new Error('no pair')

  test('differs at the probes, evaluations and steps of both, from the fork on', () => {
    expect(selectivityLines(selectivityDifferences(pair), axis.at)).toEqual([
      { x: 10, layer1: 0, layer2: 0 },
      { x: 20, layer1: 0.25, layer2: -0.125 },
    ])
    const both = differenceSteps(pair.run.steps, pair.parent.steps, pair.from)
    const step = both.column('step')
    expect([step.length, step[0], step.at(-1), new Set(both.column('loss'))]).toEqual([15, 11, 25, new Set([0.5])])
    const rows = scoreLines(pair, 'top1', axis, { columns: 300, span: 20, scale: 100 })
    expect(rows.filter(({ validation }) => validation !== undefined)).toEqual([{ x: 20, validation: 12.5 }])
    expect(rows.filter(({ train }) => train !== undefined)).toHaveLength(15)
  })

  test('has a table with the numbers of both, and a caption with the largest', () => {
    const rows = differenceTable(pair).rows()
    expect(rows.filter((row) => row[2] === 'selectivity')[2]).toEqual([20, 2, 'selectivity', 'layer1', 0.75, 0.5, 0.25])
    expect(rows.at(-2)).toEqual([25, 2.5, 'loss', 'train', 1.5, 1, 0.5])
    expect(differenceCaption(pair)).toBe(
      'The fork left baseline at epoch 1.00. SI differs most in layer1 at epoch 2.00: +0.250. Validation top-1 at epoch 2.00: +12.5 points.',
    )
  })

  test('compares only steps that both have, in any order of lengths', () => {
    expect(commonSteps(pair)).toHaveLength(15)
    const shorter = add(createRun('parent'), [...first, ...steps({ loss: 1, from: 11, to: 12 })])
    const short = pairOf(forked(), shorter)
    expect(short && commonSteps(short).map(([i, j]) => [i, j])).toEqual([
      [10, 10],
      [11, 11],
    ])
    expect(short && differenceCaption(short)).toMatch(/The parent ended earlier, so the lines end there\.$/)
  })

  test('grows with the fork: its new steps are compared, however they arrived, and views from before keep theirs', () => {
    const parent = runView(add(createRun('parent'), [...first, ...steps({ loss: 1, from: 12, to: 400 })]))
    const fork = add(createRun('fork'), [...first, { ...startEvent, fromStep: 10, parent: parentMark, time: 0 }])
    const differences = () => differenceSteps(runView(fork).steps, parent.steps, 10)
    const seen = [1, 1, 150, 0, 300].map((count) => {
      const at = fork.steps.length + 1
      add(fork, steps({ loss: 1 + at, from: at, to: at + count - 1 }))
      return differences()
    })
    expect(seen.map(({ length }) => length)).toEqual([0, 1, 151, 151, 389])
    const whole = runView(add(createRun('again'), fork.events))
    const again = differenceSteps(whole.steps, parent.steps, 10)
    for (const key of ['step', 'loss', 'top1', 'time'] as const)
      expect([...seen[4].column(key)]).toEqual([...again.column(key)])
    expect([...seen[2].column('loss')]).toEqual([...again.column('loss').subarray(0, 151)])
    const reads = vi.spyOn(parent.steps, 'column')
    differences()
    expect(reads).not.toHaveBeenCalled()
  })

  test('is no pair without a fork, with another run, or with other epochs', () => {
    expect(pairOf(baseline(), forked())).toBeNull()
    expect(pairOf(forked(), null)).toBeNull()
    expect(pairOf(forked(), forked())).toBeNull()
    const other = add(createRun('parent'), [{ ...startEvent, stepsPerEpoch: 7, time: 0 }])
    expect(pairOf(forked(), other)).toBeNull()
  })

  test('has a mark on the time line', () => {
    expect(flagsOf(forked())).toContainEqual({
      step: 10,
      epoch: 1,
      kind: 'fork',
      short: 'fork',
      text: 'Forked from baseline.',
    })
  })
})

test('the time line always shows where a run went on, once for the same step, however often α changed', () => {
  const run = add(createRun('a'), [{ ...startEvent, time: 0 }, ...steps({ loss: 1, from: 1, to: 10 })])
  const resumed: LoggedEvent = { ...startEvent, fromStep: 10, resumed: { reason: 'user', message: '' }, time: 0 }
  add(run, [resumed, resumed])
  add(
    run,
    Array.from({ length: 500 }, (_, i) => ({ ...stepEvent(11 + i, 11 + i), alpha: i % 2 })),
  )
  const flags = flagsOf(run)
  expect(flags.filter(({ kind }) => kind === 'resumed')).toEqual([
    { step: 10, epoch: 1, kind: 'resumed', short: 'resumed', text: 'Resumed.' },
  ])
  expect(flags).toHaveLength(201)
  expect(flags.every(({ step }, i) => i === 0 || step >= flags[i - 1].step)).toBe(true)
})
