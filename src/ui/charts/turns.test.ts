import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

/** Tasks that run when the test says so. */
function tasks() {
  const waiting: (() => void)[] = []
  return { turns: createTurns((act) => void waiting.push(act)), run: () => waiting.shift()?.(), waiting }
}

test('each piece of work has a task of its own, in order', () => {
  const { turns, run, waiting } = tasks()
  const done: string[] = []
  for (const name of ['a', 'b', 'c']) turns.wait(() => void done.push(name))
  expect([done, waiting.length]).toEqual([[], 1])
  run()
  expect(done).toEqual(['a'])
  run()
  run()
  expect([done, waiting.length]).toEqual([['a', 'b', 'c'], 0])
})

test('work that is cancelled is not done, and work that fails does not stop the rest', () => {
  const { turns, run, waiting } = tasks()
  const done: string[] = []
  turns.wait(() => {
    throw new Error('no room')
  })
  const cancel = turns.wait(() => void done.push('cancelled'))
  turns.wait(() => void done.push('last'))
  cancel()
  expect(run).toThrow('no room')
  run()
  expect([done, waiting.length]).toEqual([['last'], 0])
})
