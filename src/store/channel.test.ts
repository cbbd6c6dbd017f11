import { expect, test } from 'vitest'
import { createChannel } from './channel.ts'

test('a reader gets all values in order, those from before its start included, and then the end', async () => {
  const channel = createChannel<number>()
  channel.push(1)
  const seen: number[] = []
  const done = (async () => {
    for await (const value of channel.values) seen.push(value)
  })()
  await Promise.resolve()
  channel.push(2)
  channel.push(3)
  channel.close()
  channel.push(4)
  await done
  expect(seen).toEqual([1, 2, 3])
})

test('a reader gets an error after the values before it', async () => {
  const channel = createChannel<number>()
  channel.push(1)
  channel.fail(new Error('lost'))
  const seen: number[] = []
  const read = async () => {
    for await (const value of channel.values) seen.push(value)
  }
  await expect(read()).rejects.toThrow('lost')
  expect(seen).toEqual([1])
})

test('a reader that leaves early ends the channel', async () => {
  const channel = createChannel<number>()
  channel.push(1)
  for await (const _ of channel.values) break
  channel.push(2)
  const rest: number[] = []
  for await (const value of channel.values) rest.push(value)
  expect(rest).toEqual([])
})
