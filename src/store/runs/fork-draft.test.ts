import { expect, test } from 'vitest'
import { parseConfig } from '../../config/config.ts'
import { madeRun } from '../../testing/records.ts'
import type { LibraryRun } from '../experiments/state.ts'
import { forkDraft, forkPoints } from './fork-draft.ts'

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
