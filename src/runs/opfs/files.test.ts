import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { storedBytes, type TestStorage, testStorage } from '../../testing/opfs.ts'
import { openForWriting, storedRuns } from './folders.ts'
import { isStorageFull } from './refusal.ts'

let storage: TestStorage
beforeEach(() => {
  storage = testStorage()
})
afterEach(() => storage.dispose())

async function newRun(id = 'one') {
  const run = await openForWriting(id, storage.worker())
  if (!run) throw new Error(`${id} is locked`)
  return run
}

const text = async (blob: Blob | null) => (blob ? blob.text() : null)

describe('a log in the browser’s storage', () => {
  it('grows, is readable in the meantime, and opens again at a shorter length', async () => {
    const { files } = await newRun()
    const log = await files.append('events.jsonl', 0)
    log.append('first\n')
    const early = await files.read('events.jsonl')
    log.append(new Uint8Array([0xc3, 0xa4, 10]))
    log.sync()
    expect(log.length()).toBe(9)
    expect(await text(early)).toBe('first\n')
    expect(await text((await files.read('events.jsonl'))?.slice(-3) ?? null)).toBe('ä\n')
    log.close()
    const again = await files.append('events.jsonl', 6)
    again.append('x')
    again.close()
    expect(await text(await files.read('events.jsonl'))).toBe('first\nx')
    await expect(files.append('events.jsonl', 8)).rejects.toThrow('has 7 bytes instead of at least 8')
    await expect(files.append('units.bin', 1)).rejects.toThrow('units.bin is missing')
  })

  it('stays readable in pieces while it grows, and never mixes in what came later', async () => {
    const { files } = await newRun()
    const log = await files.append('events.jsonl', 0)
    const half = 'a'.repeat(200_000)
    log.append(half + 'b'.repeat(200_000))
    const blob = (await files.read('events.jsonl')) as Blob
    let found = ''
    for await (const part of blob.stream()) {
      found += new TextDecoder().decode(part)
      log.append('c')
    }
    expect(found).toHaveLength(400_000)
    expect(found.includes('c')).toBe(false)
    expect(await blob.slice(199_999, 200_001).text()).toBe('ab')
    log.close()
    ;(await files.append('events.jsonl', 10)).close()
    await expect(blob.slice(199_999, 200_001).text()).rejects.toThrow(/could not be read/)
  })

  it.each([false, true])('keeps what it has where the storage is full (a part was written: %s)', async (partial) => {
    storage.partial = partial
    const { files } = await newRun()
    const log = await files.append('events.jsonl', 0)
    log.append('whole\n')
    storage.quota = 20
    let refused: unknown
    try {
      log.append('this line does not fit\n')
    } catch (error) {
      refused = error
    }
    expect(String(refused)).toMatch(/cannot write events\.jsonl \(the browser’s storage is full\)/)
    expect(isStorageFull(refused)).toBe(true)
    expect(storedBytes(storage, 'one', 'events.jsonl').toString()).toBe('whole\n')
    storage.quota = 100
    log.append('next\n')
    expect(storedBytes(storage, 'one', 'events.jsonl').toString()).toBe('whole\nnext\n')
    log.close()
  })
})

describe('a file that is replaced', () => {
  it('has the old contents or the new ones', async () => {
    const { files } = await newRun()
    await files.replace('resume/points.json', 'old')
    const before = await files.read('resume/points.json')
    storage.quota = 10
    await expect(files.replace('resume/points.json', 'much too long')).rejects.toSatisfy(isStorageFull)
    expect(await text(before)).toBe('old')
    await files.replace('resume/points.json', new Blob(['newer']))
    await expect(before?.text()).rejects.toThrow(/could not be read/)
    expect(await text(await files.read('resume/points.json'))).toBe('newer')
    await files.remove('resume/points.json')
    await files.remove('resume/points.json')
    expect(await files.read('resume/points.json')).toBe(null)
  })

  it('is missing until it was written for the first time, also after a crash or a refusal', async () => {
    const { files } = await newRun()
    storage.quota = 3
    await expect(files.replace('checkpoints/epoch-0000.safetensors', 'weights')).rejects.toSatisfy(isStorageFull)
    expect(await files.list('checkpoints')).toEqual([])
    storage.quota = 100
    await files.replace('checkpoints/epoch-0001.safetensors', 'weights')
    // What Chromium leaves where it is killed while it writes a new file.
    const at = (name: string) => join(storage.path, 'runs/one/checkpoints', name)
    writeFileSync(at('epoch-0002.safetensors'), '')
    writeFileSync(at('epoch-0002.safetensors.crswap'), 'weig')
    expect(await files.list('checkpoints')).toEqual([{ name: 'epoch-0001.safetensors', bytes: 7 }])
    expect(await files.read('checkpoints/epoch-0002.safetensors')).toBe(null)
    expect(await files.list('nothing')).toEqual([])
    expect(await files.read('nothing/here')).toBe(null)
  })

  it('never lies outside the run’s folder', async () => {
    const { files } = await newRun()
    for (const path of ['../two/run.json', 'a//b', '', 'checkpoints/..', './run.json'])
      await expect(files.read(path)).rejects.toThrow('invalid path')
    await expect(files.replace('../two/run.json', 'x')).rejects.toThrow('invalid path')
    expect(existsSync(join(storage.path, 'runs/two'))).toBe(false)
  })
})

describe('the runs of the browser’s storage', () => {
  it('are listed with their sizes, read by others while they train, and removed with everything', async () => {
    const runs = storedRuns(storage.worker())
    expect(await runs.ids()).toEqual([])
    const first = await newRun('one')
    const second = await newRun('two')
    await first.files.replace('checkpoints/epoch-0000.safetensors', 'weights')
    const log = await second.files.append('events.jsonl', 0)
    log.append('line\n')
    expect(await runs.ids()).toEqual(['one', 'two'])
    expect(await runs.bytes('one')).toBe(7)
    expect(await text(await runs.open('two').read('events.jsonl'))).toBe('line\n')
    expect([...(await runs.training())].sort()).toEqual(['one', 'two'])
    expect(await openForWriting('two', storage.worker(), 50)).toBe(null)
    await expect(runs.remove('two')).rejects.toThrow('This run trains in this or another tab')
    log.close()
    second.release()
    await runs.remove('two')
    await runs.remove('never')
    first.release()
    expect(await runs.ids()).toEqual(['one'])
    await runs.edit('one').replace('run.json', '{}')
    expect(await runs.bytes('one')).toBe(9)
  })

  it('lose what a killed browser left behind once they are written again', async () => {
    const first = await newRun()
    await first.files.replace('checkpoints/epoch-0000.safetensors', 'weights')
    first.release()
    const left = join(storage.path, 'runs/one/checkpoints/epoch-0001.safetensors.crswap')
    writeFileSync(left, 'weig')
    const again = await newRun()
    expect(existsSync(left)).toBe(false)
    again.release()
  })
})
