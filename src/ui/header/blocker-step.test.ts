import { expect, test } from 'vitest'
import { type DataState, notMeasuring } from '../../store/state.ts'
import { adapter, report } from '../../testing/events.ts'
import { blockerStep } from './blocker-step.ts'

const loaded = { status: 'ready', report, samples: [], secondsPerImage: null } as unknown as DataState
const state = {
  device: { status: 'ready', adapter },
  data: loaded,
  fieldErrors: {},
  weights: { status: 'none' },
  measuring: notMeasuring,
} as const

test('what blocks the start leads to the step where it is removed', () => {
  expect(blockerStep({ ...state, data: { status: 'none' } })).toBe('data')
  expect(blockerStep({ ...state, fieldErrors: { 'model.width': 'too wide' } })).toBe('model')
  expect(blockerStep({ ...state, fieldErrors: { 'optimizer.learningRate': 'too high' } })).toBe('train')
  expect(blockerStep({ ...state, weights: { status: 'refused', message: 'damaged' } })).toBe('train')
})

test('where only waiting helps there is no step', () => {
  expect(blockerStep({ ...state, device: { status: 'starting' } })).toBe(null)
  const refused = { status: 'refused', reason: 'no-webgpu', message: '' } as const
  expect(blockerStep({ ...state, device: refused, data: { status: 'none' } })).toBe(null)
})
