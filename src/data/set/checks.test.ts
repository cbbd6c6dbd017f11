import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bmpOf, picture, tarOf } from '../../testing/archives.ts'
import { withArchives } from '../archives/archive.ts'
import { decoderVersion } from '../decode/version.ts'
import { fileChecks } from '../node/check-store.ts'
import { decode } from '../node/decode.ts'
import { sourceFiles } from '../node/files.ts'
import { folderListing } from '../node/folder.ts'
import type { Decode } from '../source.ts'
import { openSet } from './read-set.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-checks-'))
const set = join(home, 'set')
const store = fileChecks(join(home, 'checks'))
const { signal } = new AbortController()
const files = sourceFiles()
afterAll(async () => {
  await files[Symbol.asyncDispose]()
  rmSync(home, { recursive: true })
})

beforeAll(async () => {
  for (const [c, name] of ['a', 'b'].entries()) {
    mkdirSync(join(set, name), { recursive: true })
    for (let i = 0; i < 3; i++) writeFileSync(join(set, name, `${i}.png`), await picture(50 * c + i))
  }
  writeFileSync(join(set, 'b', 'broken.png'), 'no picture')
})

/** Opens the folder; counts what was decoded. */
async function open(folder = set) {
  let decoded = 0
  const counting: Decode = (bytes, side) => {
    decoded++
    return decode(bytes, side)
  }
  const { entries } = await withArchives(await folderListing(folder, signal, undefined, files.open), files.host, signal)
  const options = { name: folder, decode: counting, readNames: async () => '', validationFraction: 0.3, seed: 1 }
  const { report, train, validation } = await openSet(entries, { ...options, checks: store }, () => {}, signal)
  return { report, train, validation, decoded }
}

it('opens an unchanged dataset without decoding it again, with the same report', async () => {
  const first = await open()
  expect(first.decoded).toBe(7)
  const second = await open()
  expect(second.decoded).toBe(0)
  expect(second.report).toEqual(first.report)
  expect(second.report.unreadable).toHaveLength(1)
  expect((await second.train.read(0)).width).toBe(8)
})

it('checks only changed and new files', async () => {
  writeFileSync(join(set, 'a', '1.png'), await picture(200))
  utimesSync(join(set, 'a', '1.png'), new Date(), new Date(Date.now() + 5000))
  writeFileSync(join(set, 'b', 'broken.png'), await picture(210))
  writeFileSync(join(set, 'b', 'new.png'), await picture(220))
  const before = await open()
  expect(before.decoded).toBe(3)
  expect(before.report.unreadable).toEqual([])
  expect((await open()).decoded).toBe(0)
})

it('identifies the files of an archive by the archive, and those of a changed archive by their bytes', async () => {
  const folder = join(home, 'packed')
  mkdirSync(folder)
  const files = await Promise.all(
    ['a/1', 'a/2', 'b/1', 'b/2'].map(async (path, i) => ({ path: `${path}.png`, bytes: await picture(i) })),
  )
  writeFileSync(join(folder, 'set.tar'), tarOf(files))
  expect((await open(folder)).decoded).toBe(4)
  expect((await open(folder)).decoded).toBe(0)
  writeFileSync(join(folder, 'set.tar'), tarOf([...files, { path: 'b/3.png', bytes: await picture(9) }]))
  expect((await open(folder)).decoded).toBe(1)
})

it('does not read other bytes than those that were checked, although size and time are the same', async () => {
  const folder = join(home, 'restored')
  for (const [c, name] of ['a', 'b'].entries()) {
    mkdirSync(join(folder, name), { recursive: true })
    for (let i = 0; i < 3; i++)
      writeFileSync(
        join(folder, name, `${i}.bmp`),
        bmpOf(8, 8, (x, y) => [50 * c + i, x, y]),
      )
  }
  const path = join(folder, 'a', '0.bmp')
  utimesSync(path, 1, 1)
  const { train, validation } = await open(folder)
  writeFileSync(
    path,
    bmpOf(8, 8, (x, y) => [250, x, y]),
  )
  utimesSync(path, 1, 1)
  const split = [train, validation].find(({ labels, file }) => labels.some((_, i) => file?.(i).path === 'a/0.bmp'))
  const index = split?.labels.findIndex((_, i) => split.file?.(i).path === 'a/0.bmp') ?? -1
  await expect(split?.read(index)).rejects.toThrow('cannot read a/0.bmp: the file has changed since it was listed')
  expect(await split?.file?.(index).check(null)).toMatchObject({ reason: 'the file has changed since it was listed' })
  const again = await open(folder)
  expect(again.decoded).toBe(1)
})

it('does not store temporary read failures', async () => {
  const entries = [...(await folderListing(set, signal)).entries]
  const options = {
    name: 'passing',
    decode,
    readNames: async () => '',
    validationFraction: 0.3,
    seed: 1,
    checks: store,
  }
  const failing = entries.map((entry, i) =>
    i === 0 ? { ...entry, read: () => Promise.reject(new Error('the disk is asleep')) } : entry,
  )
  const opened = async (some: typeof entries) => (await openSet(some, options, () => {}, signal)).report.unreadable
  expect(await opened(failing)).toEqual([{ path: entries[0].path, reason: 'the disk is asleep' }])
  expect(await opened(entries)).toEqual([])
})

it('ignores damaged files of checks and files that cannot be written', async () => {
  const blocked = fileChecks(join(set, 'a', '0.png', 'no folder'))
  const empty = { format: 2, decoders: decoderVersion, checks: [] }
  await blocked.write('x', empty)
  expect(await blocked.read('x')).toBe(null)
  await store.write('damaged', empty)
  expect(await store.read('damaged')).toEqual(empty)
  for (const file of readdirSync(join(home, 'checks'))) writeFileSync(join(home, 'checks', file), '{"half')
  expect(await store.read('damaged')).toBe(null)
  expect((await open()).decoded).toBe(8)
})
