import { expect, test } from 'vitest'
import { recordOf } from '../../experiments/record.ts'
import { newInfo } from '../../runs/format/info.ts'
import { append, createRun } from '../../runs/reduce.ts'
import type { LibraryRun, ListedState } from '../../store/experiments/state.ts'
import { startEvent } from '../../testing/events.ts'
import { lossText, placeText, runsElsewhere, unfinishedRuns } from './unfinished-model.ts'

const run = createRun('x')
append(run, { ...startEvent, time: 0 })

const listed = (id: string, state: ListedState, points: readonly number[] = [0, 20]): LibraryRun => ({
  id,
  info: newInfo({ id, created: 1, name: id }),
  state,
  record: recordOf(id, run, { curves: [], linearity: [] }),
  facts: {
    digest: '',
    step: 23,
    epoch: 2.3,
    units: true,
    checkpoints: [],
    points: points.map((step) => ({ step, epoch: step / 10 })),
  },
  bytes: 1,
  stored: true,
})

const ids = (runs: readonly LibraryRun[]) => runs.map(({ id }) => id)

test('interrupted and failed runs are told, the newest first; ended, hidden, shown and imported ones are not', () => {
  const states = ['finished', 'interrupted', 'device-lost', 'diverged', 'stopped', 'out-of-memory', 'error'] as const
  const runs = [
    ...states.map((state) => listed(state, state)),
    listed('hidden', 'interrupted'),
    listed('shown', 'error'),
  ]
  const foreign = listed('imported', 'interrupted')
  const imported = { ...foreign, info: { ...foreign.info, origin: 'imported' as const } }
  expect(ids(unfinishedRuns([...runs, imported], new Set(['hidden']), 'shown'))).toEqual([
    'error',
    'out-of-memory',
    'device-lost',
    'interrupted',
  ])
})

test('runs of other tabs are those that train and are not the own one', () => {
  const runs = [listed('own', 'training'), listed('other', 'training'), listed('old', 'interrupted')]
  expect(ids(runsElsewhere(runs, 'own'))).toEqual(['other'])
})

test('the texts say where a run stopped and what resuming loses', () => {
  const one = listed('a', 'interrupted')
  expect(placeText(one)).toBe(`epoch 2.30 of ${startEvent.config.train.epochs}, step 23`)
  expect(lossText(one)).toBe('Resuming takes 3 steps again, from epoch 2.00, to the same values.')
  expect(lossText(listed('a', 'interrupted', [23]))).toBe('Resuming loses nothing.')
  expect(lossText(listed('a', 'interrupted', []))).toBe('No state was saved, so it cannot be resumed.')
})
