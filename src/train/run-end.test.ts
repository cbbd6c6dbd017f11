import { expect, test } from 'vitest'
import { defaultConfig } from '../config/config.ts'
import { errorEnding } from './run-end.ts'

const config = { ...defaultConfig(), train: { ...defaultConfig().train, microBatchSize: 64 } }

test('a failed allocation in the host is lack of memory, with a smaller micro-batch as advice', () => {
  let failure: unknown
  try {
    new ArrayBuffer(2 ** 53 - 1)
  } catch (error) {
    failure = error
  }
  expect(errorEnding(failure, config, 'Saved.')).toMatchObject({
    reason: 'out-of-memory',
    advice: 'Close other programs, or set train.microBatchSize to 32 or less. Saved.',
  })
})

test('other errors of ranges stay errors', () => {
  expect(errorEnding(new RangeError('unknown site: layer9'), config, '')).toMatchObject({ reason: 'error' })
})
