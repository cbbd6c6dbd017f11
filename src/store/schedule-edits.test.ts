import { expect, test } from 'vitest'
import type { Window } from '../config/fields.ts'
import { openLab, runningLab } from '../testing/lab.ts'
import { createScheduleEdits, scheduleKey } from './schedule-edits.ts'

const window = (fromEpoch: number, toEpoch: number, alpha = -1): Window => ({ fromEpoch, toEpoch, alpha })

function edits() {
  const { lab, state } = openLab()
  return { lab, state, own: createScheduleEdits(lab), schedule: () => state().config.regularizer.schedule }
}

test('edits are undone and redone, and a new edit ends the redoing', () => {
  const { own, schedule } = edits()
  expect(own.edit([window(0, 1)])).toBeNull()
  own.edit([window(0, 2)])
  own.undo()
  expect(schedule()).toEqual([window(0, 1)])
  own.redo()
  expect(schedule()).toEqual([window(0, 2)])
  own.undo()
  own.undo()
  own.undo()
  expect(schedule()).toEqual([])
  own.edit([window(3, 4)])
  own.redo()
  expect(schedule()).toEqual([window(3, 4)])
  own.undo()
  expect(schedule()).toEqual([])
})

test('a refused schedule leaves the old one, says why, and marks no field', () => {
  const { own, state, schedule } = edits()
  own.edit([window(0, 2)])
  expect(own.edit([window(0, 2), window(1, 3)])).toMatch(/do not overlap/)
  expect(own.edit([window(0, 2, -200)])).toMatch(/from -100 to 100/)
  expect([schedule(), state().fieldErrors]).toEqual([[window(0, 2)], {}])
  own.undo()
  expect(schedule()).toEqual([])
})

test('changes of the other editor are recorded, and an edit without effect is not', () => {
  const { lab, own, schedule } = edits()
  own.recorded(() => lab.setConfigText(scheduleKey, JSON.stringify([window(0, 2)])))
  own.recorded(() => lab.setConfigText(scheduleKey, '[{"fromEpoch": null}]'))
  own.edit([window(0, 2)])
  expect(own.history.getState().past).toHaveLength(1)
  own.undo()
  expect(schedule()).toEqual([])
})

test('the windows that a preset takes away come back, and those that a first configuration brings cannot be undone', () => {
  const { lab, own, state, schedule } = edits()
  own.edit([window(0, 2)])
  lab.setConfigValue('train.epochs', 3)
  expect(own.history.getState().past).toHaveLength(1)
  lab.applyPreset('small')
  expect(schedule()).toEqual([])
  expect(state().status).toBe(
    'Preset applied: Small, for a software adapter. It has no windows of α; Undo brings yours back.',
  )
  own.undo()
  expect([schedule(), state().config.name]).toEqual([[window(0, 2)], 'small'])
  own.redo()
  own.undo()
  own.undo()
  expect(schedule()).toEqual([])
  const drawn = { ...state().config, regularizer: { ...state().config.regularizer, schedule: [window(1, 2)] } }
  lab.takeConfig(drawn)
  expect([schedule(), own.history.getState().past]).toEqual([[window(1, 2)], []])
})

test('nothing changes while a run trains', () => {
  const { lab, state } = runningLab()
  const own = createScheduleEdits(lab)
  own.edit([window(0, 2)])
  expect([state().config.regularizer.schedule, own.history.getState().past]).toEqual([[], []])
})
