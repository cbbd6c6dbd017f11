import { expect, test } from 'vitest'
import { createSerialQueue } from './serial-queue.ts'

test('work runs in the order of the calls, one at a time, also after a failure', async () => {
  const queue = createSerialQueue()
  const log: string[] = []
  const slow = queue(async () => {
    log.push('slow begins')
    await new Promise((resolve) => setTimeout(resolve, 5))
    log.push('slow ends')
  })
  const failing = queue(() => {
    log.push('failing')
    throw new Error('no')
  })
  const last = queue(() => log.push('last'))
  await expect(failing).rejects.toThrow('no')
  await Promise.all([slow, last])
  expect(log).toEqual(['slow begins', 'slow ends', 'failing', 'last'])
})
