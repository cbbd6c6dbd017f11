import { expect, test } from 'vitest'
import { type Attempts, decide, type Failure, type FailureCause, noAttempts } from './attempts.ts'

const failure = (cause: FailureCause, point: number): Failure => ({ cause, point, microBatchSize: 64 })

/** The actions after a sequence of failures, until the page gives up. */
function actions(failures: readonly Failure[]): string[] {
  let attempts: Attempts = noAttempts
  const taken: string[] = []
  for (const one of failures) {
    const decision = decide(attempts, one)
    taken.push(decision.action)
    if (decision.action === 'give-up') break
    attempts = decision.attempts
  }
  return taken
}

test.each<FailureCause>(['device-lost', 'worker-crashed'])(
  'the third %s without a new resume point is the last',
  (cause) => {
    expect(actions(Array.from({ length: 5 }, () => failure(cause, 40)))).toEqual(['retry', 'retry', 'give-up'])
    expect(actions(Array.from({ length: 5 }, () => failure(cause, -1)))).toEqual(['retry', 'retry', 'give-up'])
  },
)

test('failures before a new resume point do not count', () => {
  const failures = [10, 10, 20, 20, 30, 30, 30].map((point) => failure('device-lost', point))
  expect(actions(failures)).toEqual([...Array(6).fill('retry'), 'give-up'])
})

test('a resume point that is damaged, so that an older one is used, is no progress', () => {
  expect(actions([40, 20, 40].map((point) => failure('device-lost', point)))).toEqual(['retry', 'retry', 'give-up'])
})

test('memory that is lacking a second time without progress ends the attempts, with a smaller micro-batch as advice', () => {
  expect(actions([failure('out-of-memory', 4), failure('out-of-memory', 4)])).toEqual(['retry', 'give-up'])
  expect(actions([4, 8, 12].map((point) => failure('out-of-memory', point)))).toEqual(['retry', 'retry', 'retry'])
  expect(decide({ point: 4, failures: 1, allocations: 1 }, failure('out-of-memory', 4))).toMatchObject({
    advice: expect.stringContaining('train.microBatchSize 32'),
  })
  expect(decide({ point: 4, failures: 2, allocations: 0 }, failure('out-of-memory', 4))).toMatchObject({
    action: 'give-up',
    advice: expect.stringContaining('train.microBatchSize 32'),
  })
})

test('causes add up, and every later attempt waits longer', () => {
  const first = decide(noAttempts, failure('device-lost', 4))
  if (first.action !== 'retry') throw new Error('gave up')
  const second = decide(first.attempts, failure('out-of-memory', 4))
  if (second.action !== 'retry') throw new Error('gave up')
  expect(second.delay).toBeGreaterThan(first.delay)
  expect(decide(second.attempts, failure('worker-crashed', 4))).toMatchObject({ action: 'give-up' })
})
