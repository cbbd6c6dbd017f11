import { expect, it } from 'vitest'
import { createPipeline, pipelined } from './pipeline.ts'

/** Promises that the test resolves by hand. */
function deferred<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

it('starts up to depth + 1 pieces of work before the first result arrives, and yields in order', async () => {
  const results = [1, 2, 3, 4].map(() => deferred<number>())
  const started: number[] = []
  const output = pipelined([0, 1, 2, 3], (i) => {
    started.push(i)
    return results[i].promise
  })
  const first = output.next()
  await new Promise((resolve) => setTimeout(resolve))
  expect(started).toEqual([0, 1, 2])
  results[1].resolve(11)
  results[0].resolve(10)
  expect(await first).toEqual({ value: 10, done: false })
  results[2].resolve(12)
  results[3].resolve(13)
  const rest: number[] = []
  for await (const value of output) rest.push(value)
  expect(rest).toEqual([11, 12, 13])
})

it('throws the first failure, starts nothing after it, and waits for the started work', async () => {
  const slow = deferred<number>()
  const started: number[] = []
  let settled = false
  void slow.promise.then(() => {
    settled = true
  })
  const run = async () => {
    const start = (i: number) => {
      started.push(i)
      return i === 0 ? Promise.reject(new Error('lost')) : slow.promise
    }
    for await (const _ of pipelined([0, 1, 2, 3, 4], start)) throw new Error('no result was expected')
  }
  const running = run()
  running.catch(() => {})
  await new Promise((resolve) => setTimeout(resolve))
  slow.resolve(1)
  await expect(running).rejects.toThrow('lost')
  expect(settled).toBe(true)
  expect(started).toEqual([0, 1, 2])
})

it('waits for started work when the consumer stops early', async () => {
  const later = deferred<number>()
  const output = pipelined([0, 1, 2], (i) => (i === 0 ? Promise.resolve(0) : later.promise), 1)
  await output.next()
  let returned = false
  const end = output.return(undefined).then(() => {
    returned = true
  })
  await new Promise((resolve) => setTimeout(resolve))
  expect(returned).toBe(false)
  later.resolve(1)
  await end
})

it('does not report a failed result before it is settled', async () => {
  const { push, settle } = createPipeline<number>()
  push(Promise.reject(new Error('lost')))
  await new Promise((resolve) => setTimeout(resolve))
  await expect(settle(0).next()).rejects.toThrow('lost')
})
