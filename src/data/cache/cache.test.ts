import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { stream } from '../../random.ts'
import { canListDescriptors, openBelow } from '../../testing/descriptors.ts'
import { decoderVersion } from '../decode/version.ts'
import { nodeCaches } from '../node/cache-folders.ts'
import { DataError, type Pixels } from '../source.ts'
import { cacheId, hasRoom, openCache } from './cache.ts'
import type { CacheFolders } from './files.ts'
import { listCaches } from './list.ts'
import { writeTail } from './shard.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-caches-'))
afterAll(() => rmSync(home, { recursive: true }))
let folders = 0
const fresh = () => {
  const root = join(home, String(folders++))
  return { root, caches: nodeCaches(root) }
}

const hashOf = (n: number) => n.toString(16).padStart(64, '0')
function imageOf(n: number): Pixels {
  const { integer } = stream(n, 'image')
  const [width, height] = [1 + integer(9), 1 + integer(9)]
  return { width, height, data: Uint8Array.from({ length: 3 * width * height }, () => integer(256)) }
}
const note = { source: 'some set.tar', side: 64 }

async function filled(caches: CacheFolders, from: number, to: number, limit?: number) {
  const cache = await openCache(caches, note, limit)
  await Promise.all(Array.from({ length: to - from }, (_, i) => cache.put(hashOf(from + i), imageOf(from + i))))
  return cache
}

function expectImage(cache: Awaited<ReturnType<typeof openCache>>, n: number) {
  const { width, height, data } = imageOf(n)
  const stored = cache.image(hashOf(n))
  expect(stored).toMatchObject({ width, height })
  const all = new Uint8Array(data.length)
  stored?.readRows(0, height, all)
  expect(all).toEqual(data)
  const last = new Uint8Array(3 * width)
  stored?.readRows(height - 1, 1, last)
  expect(last).toEqual(data.subarray(3 * width * (height - 1)))
}

describe('a cache of images', () => {
  it('returns the images of many shards and visits, each stored once', async () => {
    const { root, caches } = fresh()
    const first = await filled(caches, 0, 40, 500)
    expect(first.image(hashOf(39))).toBe(null)
    expect(first.has(hashOf(39))).toBe(true)
    await first.put(hashOf(3), imageOf(3))
    await first.flush()
    for (let n = 0; n < 40; n++) expectImage(first, n)
    first.close()
    const shards = readdirSync(join(root, cacheId(note)))
    expect(shards.length).toBeGreaterThan(3)
    expect(shards.every((name) => name.endsWith('.shard'))).toBe(true)
    const second = await filled(caches, 30, 50)
    await second.flush()
    for (let n = 0; n < 50; n++) expectImage(second, n)
    second.close()
    expect(second.image(hashOf(7)) && second.has(hashOf(70))).toBe(false)
    const bytes = readdirSync(join(root, cacheId(note))).reduce(
      (sum, name) => sum + statSync(join(root, cacheId(note), name)).size,
      0,
    )
    expect(await listCaches(caches)).toEqual([{ id: cacheId(note), ...note, images: 50, outdated: 0, bytes }])
    await caches.remove(cacheId(note))
    expect(await listCaches(caches)).toEqual([])
  })

  it('removes unfinished and damaged shards, and nothing else', async () => {
    const { root, caches } = fresh()
    const folder = join(root, cacheId(note))
    const cache = await filled(caches, 0, 20, 300)
    await cache.flush()
    cache.close()
    const whole = readdirSync(folder).length
    // A crash leaves a partial shard, here that of an ended process. Those of running processes stay.
    writeFileSync(join(folder, '999999999.x.part'), 'half')
    writeFileSync(join(folder, `${process.pid}.x.part`), 'half')
    const [cut, flipped] = readdirSync(folder).filter((name) => name.endsWith('.shard'))
    truncateSync(join(folder, cut), statSync(join(folder, cut)).size - 3)
    const bytes = readFileSync(join(folder, flipped))
    bytes[bytes.length - 60] ^= 1
    writeFileSync(join(folder, flipped), bytes)
    const again = await openCache(caches, note)
    const names = readdirSync(folder)
    expect(names.filter((name) => name.endsWith('.part'))).toEqual([`${process.pid}.x.part`])
    expect(names.filter((name) => name.endsWith('.shard')).length).toBe(whole - 2)
    const cached = Array.from({ length: 20 }, (_, n) => n).filter((n) => again.has(hashOf(n)))
    expect(cached.length).toBeGreaterThan(0)
    expect(cached.length).toBeLessThan(20)
    for (const n of cached) expectImage(again, n)
    again.close()
  })

  it('lists the images of other decoders as outdated, never reads them, and removes them once it is opened', async () => {
    const { root, caches } = fresh()
    const own = await filled(caches, 0, 3)
    await own.flush()
    own.close()
    const files = await caches.files(cacheId(note))
    const add = async (more: { side: number; decoders: number }, n: number) => {
      const writer = await files.create()
      const { width, height, data } = imageOf(n)
      writer.write(data, 0)
      writeTail(writer, data.length, [{ hash: hashOf(n), offset: 0, width, height }], { ...note, ...more })
      await writer.seal()
    }
    await add({ side: 64, decoders: decoderVersion - 1 }, 10)
    await add({ side: 64, decoders: decoderVersion + 1 }, 11)
    await add({ side: 64, decoders: undefined as unknown as number }, 12)
    // A folder that was renamed by hand: the images have another size than its name says.
    await add({ side: 32, decoders: decoderVersion }, 13)
    expect((await listCaches(caches)).map(({ outdated }) => outdated)).toEqual([3])
    const opened = await openCache(caches, note)
    expect([10, 11, 12, 13].map((n) => opened.has(hashOf(n)))).toEqual([false, false, false, false])
    for (const n of [0, 1, 2]) expectImage(opened, n)
    opened.close()
    expect(readdirSync(join(root, cacheId(note)))).toHaveLength(1)
    expect(await listCaches(caches)).toMatchObject([{ images: 3, outdated: 0 }])
  })

  it('serves the sealed images after the disk is full', async () => {
    const { caches } = fresh()
    let room = 700
    const tight: CacheFolders = {
      ...caches,
      files: async (id) => {
        const files = await caches.files(id)
        const create = async () => {
          const writer = await files.create()
          const write = (bytes: Uint8Array, at: number) => {
            room -= bytes.length
            if (room < 0) throw new Error('no space left on device')
            writer.write(bytes, at)
          }
          return { ...writer, write }
        }
        return { ...files, create }
      },
    }
    const cache = await filled(tight, 0, 40, 200)
    await cache.flush()
    expect(cache.failure()).toMatch(/no space left/)
    const cached = Array.from({ length: 40 }, (_, n) => n).filter((n) => cache.has(hashOf(n)))
    expect(cached.length).toBeGreaterThan(0)
    expect(cached.length).toBeLessThan(40)
    for (const n of cached) expectImage(cache, n)
    cache.close()
  })

  it('leaves no unfinished shard and no descriptor when it is closed while images are written', async () => {
    const { root, caches } = fresh()
    const cache = await openCache(caches, note)
    const put = (n: number) => cache.put(hashOf(n), imageOf(n))
    const early = [0, 1, 2].map(put)
    const flushed = cache.flush()
    const late = [3, 4, 5].map(put)
    await flushed
    cache.close()
    await Promise.all([...early, ...late, put(6)])
    await cache.flush()
    const names = readdirSync(join(root, cacheId(note)))
    expect(names.filter((name) => !name.endsWith('.shard'))).toEqual([])
    if (canListDescriptors) expect(openBelow(root)).toEqual([])
    expect(() => cache.image(hashOf(0))?.readRows(0, 1, new Uint8Array(27))).toThrow(DataError)
  })

  it('closes the descriptor of an unsealed shard only once', async () => {
    const { root, caches } = fresh()
    const files = await caches.files('a')
    const writer = await files.create()
    writer.write(new Uint8Array(3), 0)
    rmSync(join(root, 'a'), { recursive: true })
    await expect(writer.seal()).rejects.toThrow()
    const other = openSync(home, 'r')
    await writer.discard()
    expect(() => fstatSync(other)).not.toThrow()
    closeSync(other)
  })

  it('is not created without space or without a folder', async () => {
    const { root, caches } = fresh()
    expect(await hasRoom(caches, 1)).toBe(true)
    expect(await hasRoom(caches, 1e18)).toBe(false)
    mkdirSync(root, { recursive: true })
    writeFileSync(join(root, cacheId(note)), 'a file in the way')
    await expect(openCache(caches, note)).rejects.toThrow()
  })

  it('has a safe name from its dataset and side', () => {
    expect(cacheId({ source: 'tiny-imagenet-200.zip', side: 73 })).toBe('tiny-imagenet-200.zip@73')
    expect(cacheId({ source: '../../etc/x y', side: 8 })).toBe('-..-etc-x-y@8')
    expect(cacheId({ source: '..', side: 8 })).toBe('set@8')
  })
})
