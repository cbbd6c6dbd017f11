import { expect, test } from 'vitest'
import { parseConfig } from '../../config/config.ts'
import type { DataReport } from '../../protocol/data-report.ts'
import type { EndReason } from '../../protocol/run-events.ts'
import type { createRun } from '../../runs/reduce.ts'
import type { DataState, LoadedData } from '../../store/state.ts'
import { ablateSummary, compareSummary, dataSummary, modelSummary, trainSummary } from './summary.ts'

const config = parseConfig({
  data: { imagesPerClass: 64 },
  model: { blocks: [1, 1, 1, 1], width: 8 },
  train: { epochs: 5, batchSize: 32, microBatchSize: 32 },
  optimizer: { learningRate: 0.05 },
})
const ending = (reason: EndReason, epoch: number) =>
  ({ type: 'end', step: 10, epoch, reason, message: '', advice: '', time: 1 }) as const
const classes = Array.from({ length: 10 }, (_, i) => ({ id: `${i}`, name: `${i}`, train: 5000, validation: 1000 }))
const previous = { report: { source: 'cifar10', classes } as unknown as DataReport } as LoadedData

test('the data line names the source and counts what the run uses', () => {
  const ready: DataState = { status: 'ready', ...previous }
  expect(dataSummary(ready, config.data, {})).toEqual({ state: 'done', text: 'CIFAR-10 · 10 classes · 640 images' })
  const two = { ...config.data, classes: ['1', '2'] }
  expect(dataSummary(ready, two, {}).text).toBe('CIFAR-10 · 2 classes · 128 images')
  expect(dataSummary({ status: 'none' }, config.data, {})).toEqual({
    state: 'open',
    text: 'Choose CIFAR-10 or your own images',
  })
})

test('images that cannot be read are a problem, unless earlier ones are still open', () => {
  const refused = { status: 'refused', message: 'empty', reading: null } as const
  expect(dataSummary({ ...refused, previous: null }, config.data, {}).state).toBe('wrong')
  expect(dataSummary({ ...refused, previous }, config.data, {}).state).toBe('done')
})

test('a wrong field shows at the header of its own step', () => {
  const errors = { 'optimizer.learningRate': 'too large', 'train.epochs': 'not a number' }
  expect(trainSummary(config, 'idle', null, errors, 'none')).toEqual({ state: 'wrong', text: '2 fields to correct' })
  expect(modelSummary(config.model, 10, false, errors).state).toBe('open')
})

test('the model line has the shape and the number of parameters', () => {
  expect(modelSummary(config.model, 10, true, {})).toEqual({
    state: 'done',
    text: 'ResNet 1,1,1,1 · width 8 · 130,962 parameters',
  })
  expect(modelSummary(parseConfig({}).model, 1000, false, {}).text).toBe('ResNet-50 · 25,557,032 parameters')
})

test('weights that cannot be used are a problem of the step Train', () => {
  expect(trainSummary(config, 'idle', null, {}, 'refused').state).toBe('wrong')
})

test('the training line has the recipe, and how the run of the page ended', () => {
  const plan = '5 epochs · batch 32 · SGD 0.05'
  expect(trainSummary(config, 'idle', null, {}, 'none')).toEqual({ state: 'open', text: plan })
  expect(trainSummary(config, 'running', null, {}, 'none')).toEqual({ state: 'busy', text: plan })
  expect(trainSummary(config, 'ended', ending('finished', 5), {}, 'none')).toEqual({
    state: 'done',
    text: 'Finished after 5 epochs',
  })
  expect(trainSummary(config, 'ended', ending('diverged', 1.25), {}, 'none')).toEqual({
    state: 'open',
    text: 'Diverged at epoch 1.25',
  })
})

test('a step that cannot be done yet says why', () => {
  const start = {} as NonNullable<ReturnType<typeof createRun>['start']>
  const run = { start, checkpoints: [] }
  expect(ablateSummary(null, 0, 'idle', null, false).text).toBe('Needs a run')
  expect(ablateSummary(run, 0, 'running', null, false).text).toBe('Pause the run, or wait until it ends')
  expect(ablateSummary(run, 0, 'ended', null, false).text).toBe('0 checkpoints, none measured')
  expect(ablateSummary(run, 0, 'ended', null, true).text).toBe('Needs checkpoint files')
  expect(ablateSummary(run, 2, 'ended', null, true)).toEqual({ state: 'done', text: '2 checkpoints measured' })
  expect(compareSummary(0, null).text).toBe('Needs two runs, or an example')
})
