import { expect, test } from 'vitest'
import { append, createRun } from '../../runs/reduce.ts'
import { startEvent, stepEvent } from '../../testing/events.ts'
import { flagGroups, groupTexts } from './flag-layout.ts'
import { type Flag, flagsOf } from './time-line-model.ts'

const flag = (step: number, short = 'α −5', kind: Flag['kind'] = 'alpha'): Flag => ({
  step,
  epoch: step / 100,
  kind,
  short,
  text: `text ${step}`,
})
const at = (step: number) => step

test('a label stands right of its flag, else left, else nowhere, and none overlaps', () => {
  const places = flagGroups(
    [flag(10), flag(100), flag(140, 'a rather long label'), flag(170), flag(590, 'finished')],
    at,
    600,
  )
  expect(places.map(({ x, side }) => [x, side])).toEqual([
    [10, 'right'],
    [100, 'right'],
    [140, null],
    [170, 'right'],
    [590, 'left'],
  ])
})

test('flags that a finger cannot tell apart become one, which counts them', () => {
  const groups = flagGroups([flag(10), flag(12), flag(30), flag(60), flag(61, 'warning', 'warning')], at, 600)
  expect(groups.map(({ x, label }) => [x, label])).toEqual([
    [10, '3 changes of α'],
    [60, '2 events'],
  ])
  expect(groupTexts(groups[1])).toEqual(['epoch 0.60, step 60: text 60', 'epoch 0.61, step 61: text 61'])
})

test('the hint of many flags has the first ones and says how many more there are', () => {
  const [group] = flagGroups(
    Array.from({ length: 100 }, (_, i) => flag(i / 10)),
    at,
    600,
  )
  expect([groupTexts(group).length, groupTexts(group).at(-1)]).toEqual([5, 'and 96 more'])
})

test('the flags of a run say shortly what happened, and a failed end differs from a finished one', () => {
  const run = createRun('flags')
  append(run, { ...startEvent, time: 0 })
  const step = (i: number, alpha: number, held: boolean, learningRate: number) =>
    append(run, { ...stepEvent(i, i), alpha, held, learningRate })
  step(1, 0, false, 0.1)
  step(2, -0.5, true, 0.1)
  step(3, -1, true, 0.1)
  step(4, 0, false, 0.01)
  step(5, 2, false, 0.01)
  for (const [i, rate] of [0.008, 0.003, 0.001].entries()) step(6 + i, 2, false, rate)
  append(run, { type: 'warning', step: 5, epoch: 0.5, time: 5, message: 'full' })
  append(run, { type: 'end', step: 8, epoch: 0.8, time: 8, reason: 'device-lost', message: 'lost', advice: '' })
  expect(flagsOf(run).map(({ step: at, kind, short }) => [at, kind, short])).toEqual([
    [2, 'alpha', 'α −0.5, you'],
    [3, 'alpha', 'α −1'],
    [4, 'alpha', 'α 0, plan'],
    [4, 'rate', 'rate 0.01'],
    [5, 'alpha', 'α 2'],
    [5, 'warning', 'warning'],
    [8, 'failure', 'device lost'],
  ])
})
