import { expect, test } from 'vitest'
import { disk, fileHandle, folderHandle } from '../testing/handles.ts'
import { memoryCache } from '../testing/memory-cache.ts'
import { identifyIn, type KnownSources } from './known-handles.ts'

const nothing = async () => {}
const folder = (path: string) => folderHandle(disk(), path, {})
const idsIn = (cache: ReturnType<typeof memoryCache<KnownSources>>) => (handles: FileSystemHandle[]) =>
  identifyIn(cache, handles, nothing)

test('a source keeps its id; others of its name, kind or number of handles have their own', async () => {
  const idOf = idsIn(memoryCache<KnownSources>())
  const first = await idOf([folder('a/set')])
  const others = [
    await idOf([folder('b/set')]),
    await idOf([fileHandle(disk(), 'a/set.zip', '')]),
    await idOf([folder('a/set'), folder('b/set')]),
    await idOf([folder('b/set'), folder('a/set')]),
  ]
  expect(new Set([first, ...others]).size).toBe(5)
  expect(await idOf([folder('a/set')])).toBe(first)
  expect(await idOf([folder('a/set'), folder('b/set')])).toBe(others[2])
})

test('of many sources the oldest are forgotten, and the newest keep their ids', async () => {
  const cache = memoryCache<KnownSources>()
  const kept: ReadonlySet<string>[] = []
  const idOf = (n: number) => identifyIn(cache, [folder(`${n}/set`)], async (known) => void kept.push(known))
  const ids: (string | null)[] = []
  for (let n = 0; n < 34; n++) ids.push(await idOf(n))
  expect(kept.map(({ size }) => size)).toEqual([32, 32])
  expect(kept[1]).toEqual(new Set(ids.slice(2)))
  expect(await idOf(33)).toBe(ids[33])
  expect(await idOf(0)).not.toBe(ids[0])
})

test('a handle that cannot be compared is another source', async () => {
  const idOf = idsIn(memoryCache<KnownSources>())
  const broken = { ...folder('a/set'), isSameEntry: () => Promise.reject(new Error('gone')) }
  const first = await idOf([broken])
  expect(await idOf([folder('a/set')])).not.toBe(first)
})

test('there is no id where none can be stored', async () => {
  const closed = { read: async () => null, write: nothing, retain: nothing }
  expect(await identifyIn(closed, [folder('a/set')], nothing)).toBe(null)
})
