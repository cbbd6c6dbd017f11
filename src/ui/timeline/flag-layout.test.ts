import { expect, test } from 'vitest'
import { flagGroups, groupTexts } from './flag-layout.ts'
import type { Flag } from './time-line-model.ts'

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
