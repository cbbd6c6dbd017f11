import { expect, test } from 'vitest'
import type { LibraryRun } from '../../store/experiments/state.ts'
import { type MadeRun, madeRun } from '../../testing/records.ts'
import { columns, filteredRuns, sortedRuns } from './columns.ts'

interface Listed extends MadeRun {
  readonly info?: Partial<LibraryRun['info']>
  readonly state?: never
  readonly listed?: LibraryRun['state']
  readonly epoch?: number
}

function listedRun({ info = {}, listed = 'finished', epoch = 10, ...made }: Listed): LibraryRun {
  const record = madeRun(made)
  return {
    id: record.name,
    info: {
      format: 2,
      id: record.name,
      created: 0,
      origin: 'trained',
      name: record.name,
      tags: [],
      note: '',
      pinned: false,
      parent: null,
      deleted: null,
      ...info,
    },
    state: listed,
    record,
    facts: { digest: '', step: 10, epoch, units: true, checkpoints: [], points: [] },
    bytes: 2 ** 20,
    stored: true,
  }
}

const text = (run: LibraryRun, id: string) => columns.find((column) => column.id === id)?.text(run, Date.now())

test('the cells of a run', () => {
  const parent = { kind: 'fork', id: 'p', name: 'mother', step: 5, epoch: 2.5, momentum: 'kept' } as const
  const run = listedRun({
    name: 'late/seed-1',
    top1: 0.613,
    above: () => 0.3,
    schedule: { schedule: [{ fromEpoch: 2, toEpoch: 5, alpha: -4 }] },
    info: { tags: ['a', 'b'], parent, created: new Date(2020, 0, 31).getTime() },
    listed: 'interrupted',
    epoch: 2.5,
  })
  const cells = columns.map(({ id }) => [id, text(run, id)])
  expect(Object.fromEntries(cells)).toEqual({
    name: 'late/seed-1',
    state: 'Interrupted',
    data: 'CIFAR-10',
    model: 'ResNet-50',
    schedule: 'epochs 2–5: α −4',
    epochs: '2.5 of 10',
    top1: '61.3 %',
    selectivity: '0.400',
    date: 'Jan 31, 2020',
    size: '1.0 MiB',
    tags: 'a, b',
    parent: 'fork of mother at epoch 2.5',
  })
})

test('a run without a probe and an evaluation has no numbers, and sorts last in both directions', () => {
  const bare = { ...listedRun({ name: 'bare' }) }
  const none = { ...bare, record: { ...bare.record, evaluations: [], probes: [] } }
  expect([text(none, 'top1'), text(none, 'selectivity')]).toEqual(['–', '–'])
  const runs = [none, listedRun({ name: 'low', top1: 0.2 }), listedRun({ name: 'high', top1: 0.9 })]
  const names = (descending: boolean) => sortedRuns(runs, { column: 'top1', descending }).map(({ id }) => id)
  expect([names(false), names(true)]).toEqual([
    ['low', 'high', 'bare'],
    ['high', 'low', 'bare'],
  ])
})

test('names sort by their numbers, and pinned runs come first', () => {
  const runs = [
    listedRun({ name: 'seed-10' }),
    listedRun({ name: 'seed-9' }),
    listedRun({ name: 'z', info: { pinned: true } }),
  ]
  const names = (descending: boolean) => sortedRuns(runs, { column: 'name', descending }).map(({ id }) => id)
  expect([names(false), names(true)]).toEqual([
    ['z', 'seed-9', 'seed-10'],
    ['z', 'seed-10', 'seed-9'],
  ])
})

test('the filter finds every word in some cell or in the note', () => {
  const runs = [
    listedRun({ name: 'a', info: { tags: ['keep'], note: 'first try' } }),
    listedRun({ name: 'b', listed: 'diverged' }),
  ]
  const found = (words: string) => filteredRuns(runs, words, 0).map(({ id }) => id)
  expect(['', 'KEEP try', 'diverged', 'keep diverged', ' cifar '].map(found)).toEqual([
    ['a', 'b'],
    ['a'],
    ['b'],
    [],
    ['a', 'b'],
  ])
})
