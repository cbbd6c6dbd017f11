import { describe, expect, test } from 'vitest'
import type { ProbeEvent } from '../../protocol/run-events.ts'
import { append, type GrowingRun } from '../../runs/reduce.ts'
import { createUnitHistory } from '../../runs/units/history.ts'
import { measuredRun } from '../../testing/measured-run.ts'
import { tunedClasses, tuningCaption, tuningTable } from '../charts/class-tuning/model.ts'
import { classSpans, historyCaption, historyTable, momentAt } from '../charts/unit-history/model.ts'
import { unitError } from './unit-field.tsx'

const probe = (step: number, selectivity: number, preferredClass: number, dead = 0): ProbeEvent => ({
  type: 'probe',
  step,
  epoch: step / 10,
  images: 6,
  network: { selectivity, floor: 0.1 },
  modules: [],
  sites: [
    {
      site: 'layer1.0',
      module: 'layer1',
      selectivity: [0, selectivity],
      floor: [0, 0.125],
      preferredClass: [0, preferredClass],
      dead: [1, dead],
    },
  ],
})

function probedRun(): GrowingRun {
  const run = measuredRun()
  for (const event of [probe(0, 0.25, 1), probe(5, 0.75, 2), probe(10, 0.5, 2), probe(20, 0, 0, 1)])
    append(run, { ...event, time: event.step })
  return run
}

const unit = { site: 'layer1.0', unit: 1 }

describe('a unit over training', () => {
  const run = probedRun()
  const historyOf = (name: typeof unit) => createUnitHistory(run.units).read(run.probes, name)

  test('has a row for each probe and spans of its preferred class', async () => {
    const history = await historyOf(unit)
    expect(historyTable(run, history).rows()[1]).toEqual([5, 0.5, 0.75, 0.125, 2, 'fox', 0])
    expect(classSpans(history)).toEqual([
      { from: 0, to: 5, preferredClass: 1 },
      { from: 5, to: 20, preferredClass: 2 },
      { from: 20, to: 20, preferredClass: null },
    ])
    expect(historyCaption(run, history)).toBe(
      'SI is highest at epoch 0.50, 0.75 (floor 0.13), and stands at 0.00; the unit is dead at the end; its class changed 2 times.',
    )
    expect(await historyOf({ site: 'layer1.0', unit: 2 })).toEqual([])
    const shown = [null, 7, 5, 0].map((moment) => momentAt(history, moment).step)
    expect(shown).toEqual([20, 5, 5, 0])
  })
})

describe('class tuning', () => {
  test('is sorted, without classes that have no images', () => {
    const run = probedRun()
    const classes = tunedClasses(run, { tuning: [0.5, Number.NaN, 2] })
    expect(classes.map(({ name }) => name)).toEqual(['fox', 'cat'])
    expect(tuningTable(run, classes).rows()).toEqual([
      ['fox', 'fox', 2],
      ['cat', 'cat', 0.5],
    ])
    expect(tuningCaption(classes, 1)).toBe(
      'At epoch 1.00 fox activates it most, 4.0 times as much as the other classes do on average.',
    )
  })
})

test('a unit is named by site and number, and an unknown unit is an error', () => {
  const run = probedRun()
  expect(unitError(run, 'layer1.0:7')).toBe(null)
  expect(unitError(run, 'layer1.0:8')).toBe('layer1.0 has units 0 to 7.')
  expect(unitError(run, 'layer9.0:1')).toMatch(/^There is no site layer9\.0; this network has layer1\.0/)
  expect(unitError(run, 'seven')).toMatch(/for instance layer2\.0:3/)
})
