import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Disk, nodeDisk } from './disk.ts'
import { openFolder, readFolder, removeLeftovers } from './run-disk.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-run-disk-'))
afterAll(() => rmSync(home, { recursive: true }))
let folders = 0
const newFolder = () => join(home, `run-${folders++}`)

const bytes = (...values: number[]) => Uint8Array.from(values)
const full = () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })

/** A disk that refuses one operation, after it has written half of the bytes where that is a write. */
const failing = (operation: keyof Disk): Disk => ({
  ...nodeDisk,
  [operation]: (file: number, data: Uint8Array) => {
    if (operation === 'write') nodeDisk.write(file, Buffer.from(data).subarray(0, data.length / 2))
    throw full()
  },
})

describe('the files of a run on a disk', () => {
  it('are replaced whole, also from a Blob, with their folders', async () => {
    const folder = newFolder()
    const files = openFolder(folder)
    await files.replace('run.json', '{}')
    await files.replace('run.json', 'ö')
    await files.replace('resume/points.json', bytes(1, 2))
    await files.replace('checkpoints/a', new Blob([bytes(1, 2), bytes(3)]))
    writeFileSync(join(folder, 'checkpoints', 'b.part'), 'half')
    expect(await (await files.read('run.json'))?.text()).toBe('ö')
    expect(await files.list('')).toEqual([{ name: 'run.json', bytes: 2 }])
    expect(await files.list('checkpoints')).toEqual([{ name: 'a', bytes: 3 }])
    expect(new Uint8Array(await ((await files.read('checkpoints/a')) as Blob).arrayBuffer())).toEqual(bytes(1, 2, 3))
    await files.remove('run.json')
    await files.remove('run.json')
    expect([await files.read('run.json'), await files.list('nowhere')]).toEqual([null, []])
  })

  it.each(['create', 'write', 'sync', 'rename'] as const)(
    'keep the old contents where the disk refuses to %s',
    async (operation) => {
      const folder = newFolder()
      await openFolder(folder).replace('a', 'old')
      const refused = openFolder(folder, failing(operation)).replace('a', new Blob(['new contents']))
      await expect(refused).rejects.toThrow(`cannot write ${join(folder, 'a')} (the disk is full, ENOSPC)`)
      expect(readdirSync(folder)).toEqual(['a'])
      expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('old')
    },
  )

  it('grow from a length, and what lies beyond is cut off', async () => {
    const folder = newFolder()
    const files = openFolder(folder)
    const log = await files.append('events.jsonl', 0)
    log.append('aä\n')
    log.append(bytes(66, 10))
    expect(log.length()).toBe(6)
    log.sync()
    log.close()
    const again = await files.append('events.jsonl', 4)
    again.append('c')
    again.close()
    expect(readFileSync(join(folder, 'events.jsonl'), 'utf8')).toBe('aä\nc')
    await expect(files.append('events.jsonl', 6)).rejects.toThrow(/events\.jsonl has 5 bytes instead of at least 6/)
    await expect(files.append('units.bin', 6)).rejects.toThrow(/units\.bin is missing/)
    expect(existsSync(join(folder, 'units.bin'))).toBe(false)
  })

  it('have no part of an entry that did not fit onto the disk', async () => {
    const folder = newFolder()
    let isFull = false
    const disk: Disk = { ...nodeDisk, write: (file, data) => (isFull ? failing('write') : nodeDisk).write(file, data) }
    const log = await openFolder(folder, disk).append('events.jsonl', 0)
    log.append('first\n')
    isFull = true
    expect(() => log.append('second\n')).toThrow(
      `cannot write ${join(folder, 'events.jsonl')} (the disk is full, ENOSPC)`,
    )
    isFull = false
    log.append('third\n')
    expect(log.length()).toBe(12)
    log.close()
    expect(readFileSync(join(folder, 'events.jsonl'), 'utf8')).toBe('first\nthird\n')
  })

  it('are read in parts, as they were, while they grow', async () => {
    const folder = newFolder()
    const log = await openFolder(folder).append('events.jsonl', 0)
    log.append('one two three')
    const seen = (await readFolder(folder).read('events.jsonl')) as Blob
    log.append(' four')
    expect(seen.size).toBe(13)
    expect(await seen.slice(4, 7).text()).toBe('two')
    expect(await seen.slice(-5).text()).toBe('three')
    expect(await new Response(seen.stream()).text()).toBe('one two three')
    log.close()
  })

  it.each([
    [
      'replaced',
      (path: string) => {
        writeFileSync(`${path}.new`, 'another file')
        renameSync(`${path}.new`, path)
      },
    ],
    ['cut', (path: string) => truncateSync(path, 3)],
  ])('cannot be read any more once they were %s', async (_, change) => {
    const folder = newFolder()
    await openFolder(folder).replace('a', 'contents')
    const seen = (await readFolder(folder).read('a')) as Blob
    change(join(folder, 'a'))
    await expect(seen.text()).rejects.toThrow('The file has changed.')
  })

  it('are rid of what a crash left, but not of a table that is being written', async () => {
    const folder = newFolder()
    const files = openFolder(folder)
    for (const path of ['run.json', 'linearity.csv', 'resume/a', 'checkpoints/b']) {
      await files.replace(path, 'whole')
      writeFileSync(join(folder, `${path}.part`), 'half')
    }
    await removeLeftovers(folder)
    const left = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.part'))
    expect(left).toEqual(['linearity.csv.part'])
    await removeLeftovers(newFolder())
  })

  it('have no path outside of the folder', async () => {
    const folder = newFolder()
    mkdirSync(folder)
    const files = openFolder(folder)
    for (const path of ['../a', 'checkpoints/../../a', '/a', 'a\\..\\..\\b', ''])
      await expect((async () => files.replace(path, ''))()).rejects.toThrow(/invalid path/)
  })
})
