import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { storedBytes, type TestStorage, testStorage } from '../../testing/opfs.ts'
import { openForWriting } from './folders.ts'
import { isStorageFull } from './refusal.ts'
import { roomyFiles } from './roomy-files.ts'

let storage: TestStorage
beforeEach(() => {
  storage = testStorage()
})
afterEach(() => storage.dispose())

/** A run whose storage grows by `steps` when it asks for room; each step is bytes of a new quota. */
async function shortRun(steps: number[], partial = false) {
  storage.partial = partial
  const run = await openForWriting('one', storage)
  if (!run) throw new Error('locked')
  const asked: number[] = []
  const makeRoom = async (bytes: number) => {
    asked.push(bytes)
    const quota = steps.shift()
    if (quota === undefined) return false
    storage.quota = quota
    return true
  }
  return { files: roomyFiles(run.files, makeRoom), asked }
}

const logOf = () => storedBytes(storage, 'one', 'events.jsonl').toString()
const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

describe('a run whose storage runs short', () => {
  it('makes room for a file until it fits, or gives up and keeps the old one', async () => {
    const { files, asked } = await shortRun([8, 12])
    await files.replace('run.json', '1234')
    storage.quota = 6
    await files.replace('run.json', '12345678')
    expect(asked).toEqual([8, 8])
    storage.quota = 10
    await expect(files.replace('run.json', '123456789')).rejects.toSatisfy(isStorageFull)
    expect(await (await files.read('run.json'))?.text()).toBe('12345678')
  })

  it.each([false, true])('writes lines in order once there is room (parts are written: %s)', async (partial) => {
    const { files } = await shortRun([100], partial)
    const log = await files.append('events.jsonl', 0)
    log.append('first\n')
    storage.quota = 10
    log.append('second\n')
    log.append('third\n')
    log.append('4\n')
    expect(log.length()).toBe(21)
    await settled()
    expect(logOf()).toBe('first\nsecond\nthird\n4\n')
    log.append('fifth\n')
    log.sync()
    log.close()
    expect(logOf()).toBe('first\nsecond\nthird\n4\nfifth\n')
  })

  it('keeps lines in memory while there is no room, says so at each sync, and never writes them out of order', async () => {
    const { files } = await shortRun([])
    const log = await files.append('events.jsonl', 0)
    log.append('first\n')
    storage.quota = 10
    const record = new TextEncoder().encode('second\n')
    log.append(record)
    record.fill(0)
    // This line would fit, but not before the one that waits.
    log.append('3\n')
    await settled()
    expect(() => log.sync()).toThrow(/storage is full/)
    expect(logOf()).toBe('first\n')
    storage.quota = 1000
    log.append('4\n')
    log.sync()
    expect(logOf()).toBe('first\nsecond\n3\n4\n')
    expect(log.length()).toBe(logOf().length)
    storage.quota = 17
    log.append('lost with the page\n')
    expect(() => log.close()).toThrow(/storage is full/)
    // The file is closed all the same.
    const again = await files.append('events.jsonl', 17)
    again.close()
  })

  it('still fails for other reasons', async () => {
    const { files, asked } = await shortRun([100])
    const log = await files.append('events.jsonl', 0)
    log.close()
    expect(() => log.append('x')).toThrow(/cannot write events\.jsonl/)
    expect(asked).toEqual([])
  })
})
