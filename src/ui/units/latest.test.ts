import { expect, test } from 'vitest'
import { settled } from '../../testing/lab.ts'
import { createLatest } from './latest.ts'

function controlled() {
  const waiting = new Map<string, { resolve: (value: string) => void; reject: (error: Error) => void }>()
  const begun: string[] = []
  const load = (key: string) => () => {
    begun.push(key)
    return new Promise<string>((resolve, reject) => waiting.set(key, { resolve, reject }))
  }
  const finish = async (key: string, error?: Error) => {
    if (error) waiting.get(key)?.reject(error)
    else waiting.get(key)?.resolve(`value of ${key}`)
    await settled()
  }
  return { begun, load, finish }
}

test('the last value stays while the next one loads, and of many wishes only the newest is loaded', async () => {
  const { begun, load, finish } = controlled()
  const latest = createLatest<string>()
  latest.want('run', 'a', load('a'))
  expect(latest.state()).toEqual({ status: 'loading' })
  await finish('a')
  expect(latest.state()).toEqual({ status: 'ready', value: 'value of a', busy: false })
  for (const key of ['b', 'c', 'd', 'd']) latest.want('run', key, load(key))
  expect(latest.state()).toEqual({ status: 'ready', value: 'value of a', busy: true })
  await finish('b')
  expect(latest.state()).toEqual({ status: 'ready', value: 'value of b', busy: true })
  expect(begun).toEqual(['a', 'b', 'd'])
  await finish('d')
  expect(latest.state()).toEqual({ status: 'ready', value: 'value of d', busy: false })
})

test('a value of another scope is forgotten at once, and a late one is not shown', async () => {
  const { load, finish } = controlled()
  const latest = createLatest<string>()
  latest.want('run', 'a', load('a'))
  await finish('a')
  latest.want('run', 'b', load('b'))
  latest.want('other', 'c', load('c'))
  expect(latest.state()).toEqual({ status: 'loading' })
  await finish('b')
  expect(latest.state()).toEqual({ status: 'loading' })
  await finish('c')
  expect(latest.state()).toEqual({ status: 'ready', value: 'value of c', busy: false })
})

test('a failure says why, and the next wish is loaded', async () => {
  const { load, finish } = controlled()
  const latest = createLatest<string>()
  latest.want('run', 'a', load('a'))
  await finish('a', new Error('units.bin is missing'))
  expect(latest.state()).toEqual({ status: 'failed', message: 'units.bin is missing' })
  latest.want('run', 'b', load('b'))
  await finish('b')
  expect(latest.state()).toEqual({ status: 'ready', value: 'value of b', busy: false })
})
