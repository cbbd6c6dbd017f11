/** A run on a real disk whose process dies, or whose disk refuses, at any operation. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type ToyTraining, toyTrain } from '../testing/toy-trainer.ts'
import { type Disk, nodeDisk } from './disk.ts'
import { openFolder } from './run-disk.ts'

// In memory where there is such a disk: the tests write thousands of files.
const home = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'lab-crash-'))
afterAll(() => rmSync(home, { recursive: true }))
let folders = 0
const newFolder = () => join(home, `run-${folders++}`)

/** A disk without syncs, which are slow and have no effect on a process that dies. */
const fastDisk: Disk = { ...nodeDisk, sync: () => {}, syncFolder: () => {} }

const training: ToyTraining = {
  control: (step) => ({ held: step > 2, alpha: step > 2 ? step / 8 : 0 }),
  // Nothing is kept in memory for a later attempt to write.
  writer: { notice: () => {} },
}

const train = (path: string, disk: Disk = fastDisk) => toyTrain(openFolder(path, disk), training)

/** Wraps every operation of a disk; `before` may throw, and gets what a write would write. */
function wrapped(before: (operation: keyof Disk, args: unknown[]) => void): Disk {
  const wrap = (operation: keyof Disk) => [
    operation,
    (...args: unknown[]) => {
      before(operation, args)
      return (fastDisk[operation] as (...args: unknown[]) => unknown)(...args)
    },
  ]
  return Object.fromEntries((Object.keys(fastDisk) as (keyof Disk)[]).map(wrap)) as unknown as Disk
}

const half = (data: unknown) => {
  const bytes = typeof data === 'string' ? Buffer.from(data) : (data as Uint8Array)
  return bytes.subarray(0, bytes.length / 2)
}

/** A disk on which the process dies at an operation: nothing works from then on. A torn write leaves half its bytes. */
function dyingAt(operation: number): Disk {
  let done = 0
  return wrapped((name, [file, data]) => {
    if (done++ < operation) return
    if (name === 'write' && done === operation + 1) nodeDisk.write(file as number, half(data))
    throw new Error('killed')
  })
}

/** A disk on which one operation fails, after writing half of its bytes. */
function fullAt(operation: number): Disk {
  let done = 0
  return wrapped((name, [file, data]) => {
    if (done++ !== operation || name === 'close' || name === 'remove' || name === 'size') return
    if (name === 'write') nodeDisk.write(file as number, half(data))
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  })
}

async function countOperations(path: string): Promise<number> {
  let count = 0
  await train(
    path,
    wrapped(() => {
      count++
    }),
  )
  return count
}

const results = /"type":"(step|evaluation|probe|checkpoint)"/

/** Everything that must be equal in an uninterrupted run and a resumed one. */
const contentsOf = (path: string) => ({
  logs: ['metrics.csv', 'selectivity.csv', 'units.bin'].map((file) =>
    readFileSync(join(path, file)).toString('base64'),
  ),
  events: readFileSync(join(path, 'events.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => results.test(line))
    .map((line) => line.replace(/"(time|gpuBytes)":\d+/g, '')),
  checkpoints: readdirSync(join(path, 'checkpoints')).map((file) => [
    file,
    readFileSync(join(path, 'checkpoints', file)).toString('hex'),
  ]),
  temporary: readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.part')),
})

describe('a run resumes to the files of an uninterrupted one', () => {
  it('whose process died at any operation of the disk', async () => {
    const whole = newFolder()
    const operations = await countOperations(whole)
    expect(operations).toBeGreaterThan(150)
    for (let operation = 0; operation < operations; operation++) {
      const path = newFolder()
      await expect(train(path, dyingAt(operation))).rejects.toThrow()
      await train(path)
      expect(contentsOf(path), `operation ${operation}`).toEqual(contentsOf(whole))
      rmSync(path, { recursive: true })
    }
  }, 60_000)

  it('whose disk refused any operation once, without a temporary file', async () => {
    const whole = newFolder()
    const operations = await countOperations(whole)
    for (let operation = 0; operation < operations; operation++) {
      const path = newFolder()
      const failed = await train(path, fullAt(operation)).then(
        () => false,
        () => true,
      )
      if (failed) await train(path)
      expect(contentsOf(path), `operation ${operation}`).toEqual(contentsOf(whole))
      rmSync(path, { recursive: true })
    }
  }, 60_000)
})
