import { describe, expect, test } from 'vitest'
import { picture } from '../../testing/archives.ts'
import { disk, fileHandle, folderHandle, type Tree } from '../../testing/handles.ts'
import { decode } from '../node/decode.ts'
import { filesOf, guarded, guardOf } from './handles.ts'
import { openInput } from './open-input.ts'

const { signal } = new AbortController()
const list = (handles: readonly FileSystemHandle[], onFound = (_: number) => {}) => filesOf(handles, onFound, signal)
const paths = ({ entries }: { entries: readonly { path: string }[] }) => entries.map(({ path }) => path).sort()

describe('files of handles', () => {
  test('one folder is the root, at any depth and without system files; files are counted as they are found', async () => {
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`${i}.png`, 'x']))
    const set = folderHandle(disk(), 'set', { train: { cat: many }, 'words.txt': 'a', '.git': { head: 'x' } })
    const seen: number[] = []
    const found = await list([set], (n) => void seen.push(n))
    expect(found.entries).toHaveLength(151)
    expect(paths(found)).toEqual(expect.arrayContaining(['train/cat/0.png', 'train/cat/149.png', 'words.txt']))
    expect(seen.at(-1)).toBe(151)
    expect(seen.length).toBeGreaterThan(3)
    const entry = found.entries.find(({ path }) => path === 'words.txt')
    expect(entry).toMatchObject({ size: 1, identity: { place: 'words.txt', stamp: '1 1' } })
    expect(await entry?.read()).toEqual(new TextEncoder().encode('a'))
  })

  test('several sources are subfolders with their names, and archives can be read by ranges', async () => {
    const on = disk()
    const cats = folderHandle(on, 'cats', { '1.png': 'x', 'more.zip': 'PK' })
    const found = await list([cats, fileHandle(on, 'dogs.tar', 'tar')])
    expect(paths(found)).toEqual(['cats/1.png', 'cats/more.zip', 'dogs.tar'])
    expect(found.entries.map(({ path, blob }) => [path, blob?.().size])).toEqual(
      expect.arrayContaining([
        ['cats/1.png', undefined],
        ['cats/more.zip', 2],
        ['dogs.tar', 3],
      ]),
    )
  })

  test('sources of one name are not mixed', async () => {
    const on = disk()
    const sources = [
      folderHandle(on, 'a/set', { '1.png': 'x' }),
      folderHandle(on, 'b/set', { '1.png': 'y' }),
      fileHandle(on, 'a/set.tar.gz', 'tar'),
      fileHandle(on, 'b/set.tar.gz', 'zip'),
      fileHandle(on, 'c/set.tar.gz', 'rat'),
    ]
    const found = await list(sources)
    const names = ['set (2).tar.gz', 'set (2)/1.png', 'set (3).tar.gz', 'set.tar.gz', 'set/1.png']
    expect(paths(found)).toEqual(names)
    expect(new Set(found.entries.map(({ identity }) => identity?.place))).toEqual(new Set(names))
    const second = found.entries.find(({ path }) => path === 'set (2)/1.png')
    expect(await second?.read()).toEqual(new TextEncoder().encode('y'))
  })

  test('inaccessible folders and files are refused; a missing source is an error', async () => {
    const on = disk()
    const set = folderHandle(on, 'set', { cat: { '1.png': 'x', '2.png': 'x' }, dog: { '1.png': 'x' } })
    on.errors.set('set/cat/2.png', 'NotReadableError').set('set/dog', 'NotAllowedError')
    const found = await list([set])
    expect(paths(found)).toEqual(['cat/1.png'])
    expect(found.refused).toEqual([
      {
        path: 'dog/',
        reason: expect.stringMatching(/the folder is no longer readable, because the permission was withdrawn/),
      },
      { path: 'cat/2.png', reason: expect.stringMatching(/the file cannot be read/) },
    ])
    on.errors.set('set', 'NotFoundError')
    await expect(list([set])).rejects.toThrow('set is no longer there')
  })

  test('circular folders end', async () => {
    const deep = Array.from({ length: 40 }).reduce<Tree>((inner) => ({ again: inner }), {})
    const { refused } = await list([folderHandle(disk(), 'set', deep)])
    expect(refused).toMatchObject([{ reason: 'nested more than 32 folders deep' }])
  })

  test('canceling ends the listing at once, even if the disk does not respond', async () => {
    const set = folderHandle(disk(), 'set', {})
    const stuck = { ...set, values: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }) }
    const controller = new AbortController()
    const listing = filesOf([stuck as unknown as FileSystemHandle], () => {}, controller.signal)
    setTimeout(() => controller.abort(), 10)
    await expect(listing).rejects.toThrow('abort')
  })
})

describe('reading what was listed', () => {
  test('a file that has changed is not read', async () => {
    const on = disk()
    const found = await list([folderHandle(on, 'set', { 'a.png': 'x' })])
    on.changed.set('set/a.png', 2)
    await expect(found.entries[0].read()).rejects.toThrow('has changed since it was listed')
  })

  test('a failed read checks whether the whole source is inaccessible', async () => {
    const on = disk()
    const set = folderHandle(on, 'set', { 'a.png': 'x' })
    const [entry] = guarded((await list([set])).entries, await guardOf([set]))
    on.errors.set('set/a.png', 'NotFoundError')
    await expect(entry.read()).rejects.toThrow('the file is no longer there')
    on.permission = 'denied'
    await expect(entry.read()).rejects.toThrow('set is no longer readable, because the permission was withdrawn')
  })
})

describe('a set by handles', () => {
  const options = { decode, fetchBytes: async () => new Uint8Array(), readNames: async () => '' }
  const open = (handle: FileSystemHandle, onProgress: (done: number, total: number) => void = () => {}) =>
    openInput(
      { kind: 'handles', name: handle.name, handles: [handle] },
      { ...options, validationFraction: 0.25, seed: 1 },
      onProgress,
      signal,
    )
  const classOf = async (shade: number) =>
    Object.fromEntries(await Promise.all([0, 1, 2, 3].map(async (i) => [`${i}.png`, await picture(shade + i)])))
  const set = async () => ({ cat: await classOf(10), dog: await classOf(90) })

  test('is counted while it is listed, then read', async () => {
    const seen: string[] = []
    const { report } = await open(folderHandle(disk(), 'set', await set()), (...n) => void seen.push(n.join('/')))
    expect(report).toMatchObject({ source: 'set', images: { train: 6, validation: 2 }, unreadable: [] })
    expect(seen).toContain('8/0')
    expect(seen.at(-1)).toBe('8/8')
  })

  test('reports an unreadable file and reads the rest', async () => {
    const on = disk()
    const reading = open(folderHandle(on, 'set', await set()), () => on.errors.set('set/cat/0.png', 'NotReadableError'))
    expect((await reading).report.unreadable).toMatchObject([
      { path: 'cat/0.png', reason: expect.stringMatching(/cannot be read/) },
    ])
  })

  test('without permission midway is refused with the cure', async () => {
    const on = disk()
    const reading = open(folderHandle(on, 'set', await set()), (found) => {
      if (found === 8) on.permission = 'denied'
    })
    await expect(reading).rejects.toThrow(/set is no longer readable.*choose it/)
  })

  test('of one file is opened as an archive, or refused', async () => {
    await expect(open(fileHandle(disk(), 'notes.txt', 'hello'))).rejects.toThrow('notes.txt is not a .zip')
  })
})
