import { expect, test } from 'vitest'
import { alphaAt } from '../../config/alpha.ts'
import { parseConfig } from '../../config/config.ts'
import { madeRun } from '../../testing/records.ts'
import type { LibraryRun } from '../experiments/state.ts'
import { forkDraft, forkPoints, forkStart } from './fork-draft.ts'

const facts = {
  checkpoints: [
    { file: 'epoch-0001.safetensors', epoch: 1, step: 10 },
    { file: 'epoch-0002.safetensors', epoch: 2, step: 20 },
  ],
  points: [
    { step: 20, epoch: 2 },
    { step: 24, epoch: 2.4 },
  ],
}

const run = { record: madeRun({ name: 'mother', epochs: 5 }), facts } as unknown as LibraryRun

const drafted = (changes: string, step = 20) => forkDraft(run, { step, name: ' fork ', changes })

test('a fork begins at a checkpoint or at a resume point', () => {
  expect(forkPoints(run).map(({ step, file }) => [step, file])).toEqual([
    [10, 'epoch-0001.safetensors'],
    [20, 'epoch-0002.safetensors'],
    [24, null],
  ])
})

test('the configuration of a fork is its parent’s with its name and the changed settings', () => {
  const changes =
    'optimizer.learningRate = 0.01\n\n regularizer.schedule=[{"fromEpoch": 2, "toEpoch": 4, "alpha": -4}]\n'
  const { config, error } = drafted(changes)
  expect(error).toBeNull()
  const parent = run.record.config
  expect(config).toEqual(
    parseConfig({
      ...parent,
      name: 'fork',
      optimizer: { ...parent.optimizer, learningRate: 0.01 },
      regularizer: { ...parent.regularizer, schedule: [{ fromEpoch: 2, toEpoch: 4, alpha: -4 }] },
    }),
  )
})

const steered = (texts: object, step = 24) => forkDraft(run, { step, name: 'fork', changes: '', ...texts })

test('α holds from the fork’s first step on; the parent’s windows before it stay', () => {
  const schedule = [
    { fromEpoch: 0, toEpoch: 1, alpha: 2 },
    { fromEpoch: 1.5, toEpoch: 3, alpha: -1 },
    { fromEpoch: 3, toEpoch: 5, alpha: -4 },
  ]
  const { config } = run.record
  const parent = { ...run.record, config: { ...config, regularizer: { ...config.regularizer, schedule } } }
  const draft = { step: 24, name: 'fork', epochs: '7', learningRate: '0.5', changes: '' }
  const windows = (alpha: string) =>
    forkDraft({ ...run, record: parent }, { ...draft, alpha }).config?.regularizer.schedule
  const before = [schedule[0], { fromEpoch: 1.5, toEpoch: 2.4, alpha: -1 }]
  expect(windows('-3')).toEqual([...before, { fromEpoch: 2.4, toEpoch: 7, alpha: -3 }])
  expect(windows('0')).toEqual(before)
  expect(windows(' ')).toEqual(schedule)
  expect(steered({ epochs: '7', learningRate: '0.5' }).config).toMatchObject({
    train: { epochs: 7 },
    optimizer: { learningRate: 0.5 },
  })
})

test('a window that begins at a rounded epoch contains the fork’s first step', () => {
  const thirds = {
    ...run,
    facts: { checkpoints: [], points: [{ step: 2, epoch: 0.66666667 }] },
  } as unknown as LibraryRun
  const { config } = forkDraft(thirds, { step: 2, name: 'fork', alpha: '-3', changes: '' })
  expect(alphaAt(config?.regularizer.schedule ?? [], 2 / 3)).toBe(-3)
})

test.each([
  [{ alpha: 'much' }, /invalid α: much/],
  [{ alpha: '-101' }, /invalid α: -101; it must be a number from −100 to 100/],
  [{ learningRate: 'fast' }, /learningRate/],
  [{ epochs: '2' }, /the fork begins at epoch 2\.4/],
])('%j is refused with the reason', (texts, message) => {
  expect(steered(texts)).toMatchObject({ config: null, error: expect.stringMatching(message) })
})

test('a fork begins before its parent’s end unless the user chooses that', () => {
  expect(forkStart(run)).toBe(24)
  expect(forkStart({ ...run, record: madeRun({ name: 'mother', epochs: 2 }) })).toBe(10)
})

test.each([
  ['nonsense', /nonsense: write key=value/],
  ['optimizer.learningRte=1', /unknown configuration key: optimizer\.learningRte/],
  ['optimizer.learningRate=fast', /learningRate/],
  ['model.width=2', /a fork keeps model\.width/],
  ['seed=2', /a fork keeps seed/],
  ['train.epochs=2', /the fork begins at epoch 2/],
])('%s is refused with the reason', (changes, message) => {
  expect(drafted(changes)).toMatchObject({ config: null, error: expect.stringMatching(message) })
})

test('a state that the run does not have is refused', () => {
  expect(drafted('', 15).error).toMatch(/no state at step 15/)
})
