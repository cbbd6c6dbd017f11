import { expect, test } from 'vitest'
import { createCommandQueue } from './command-queue.ts'

const turn = () => new Promise<void>((resolve) => setTimeout(resolve))

test('a pause after a resume takes effect after it, although the resume waits', async () => {
  const queue = createCommandQueue()
  const done: string[] = []
  let ended = () => {}
  queue(() => void done.push('resume'), new Promise<void>((resolve) => (ended = resolve)))
  queue(() => void done.push('pause'))
  await turn()
  expect(done).toEqual([])
  ended()
  await turn()
  expect(done).toEqual(['resume', 'pause'])
})
