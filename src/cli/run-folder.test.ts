import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type TensorFile, writeSafetensors } from '../model/safetensors.ts'
import type { RecordedEvent, RunEvent } from '../protocol/run-events.ts'
import { startEvent } from '../testing/events.ts'
import type { Resume } from '../train/options.ts'
import { type Disk, nodeDisk } from './disk.ts'
import { readEvents } from './read-events.ts'
import { canResume, readResume } from './resume.ts'
import { openRunFolder } from './run-folder.ts'
import { train } from './train.ts'

// In memory where there is such a disk: the tests write thousands of files.
const home = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'lab-run-folder-'))
afterAll(() => rmSync(home, { recursive: true }))
let folders = 0
const newFolder = () => join(home, `run-${folders++}`)

const [epochs, stepsPerEpoch] = [2, 2]

/** A disk without syncs, which are slow and have no effect on a process that dies. */
const fastDisk: Disk = { ...nodeDisk, sync: () => {}, syncFolder: () => {} }

const fileOf = (value: number, metadata = {}): TensorFile => ({
  tensors: new Map([['w', { dtype: 'F32', shape: [1], data: Float32Array.of(value) }]]),
  metadata,
})
const weightOf = ({ tensors }: TensorFile) => Number(tensors.get('w')?.data[0])

/** A function that writes a run's events and files in the order of a training run. */
type Sink = Pick<ReturnType<typeof openRunFolder>, 'save' | 'saveResume'>

/** A training run of one weight: the events and saves of a real run, in its order. */
async function* training({ save, saveResume }: Sink, resume?: Resume): AsyncGenerator<RunEvent> {
  let step = resume?.step ?? 0
  let weight = Math.fround(resume ? weightOf(resume.weights) : 1)
  let velocity = Math.fround(resume ? weightOf(resume.velocity as TensorFile) : 0)
  const moment = () => ({ step, epoch: step / stepsPerEpoch })
  const scores = () => ({ images: 4, loss: weight, crossEntropy: weight, top1: 0.5, top5: 1 })
  yield { ...startEvent, stepsPerEpoch, fromStep: step }
  async function* measured(): AsyncGenerator<RunEvent> {
    yield { type: 'activity', activity: 'evaluating', ...moment() }
    yield { type: 'evaluation', split: 'validation', ...moment(), ...scores() }
    const site = { site: 's', module: 'm', selectivity: [weight], floor: [0], preferredClass: [0], dead: [0] }
    yield {
      type: 'probe',
      ...moment(),
      images: 4,
      network: { selectivity: weight, floor: 0 },
      modules: [],
      sites: [site],
    }
    yield { type: 'activity', activity: 'saving', ...moment() }
    const file = `epoch-000${step / stepsPerEpoch}.safetensors`
    const bytes = writeSafetensors(fileOf(weight))
    await save(file, bytes)
    yield { type: 'checkpoint', ...moment(), file, bytes: bytes.length }
    const momentum = writeSafetensors(fileOf(velocity, { step: String(step), checkpoint: file }))
    const epoch = step / stepsPerEpoch
    await saveResume({ step, epoch, batch: 0, weights: null, momentum, checkpoint: file, savedStep: step })
  }
  if (!resume?.measured) yield* measured()
  while (step < epochs * stepsPerEpoch) {
    velocity = Math.fround(velocity * 0.5 + weight)
    weight = Math.fround(weight * 0.9 + velocity * 0.1)
    step++
    const rates = { penalty: 0, alpha: 0, held: false, learningRate: 0.1, gpuBytes: 0 }
    yield { type: 'step', ...moment(), ...scores(), ...rates }
    if (step % stepsPerEpoch === 0) yield* measured()
  }
  yield { type: 'end', reason: 'finished', ...moment(), message: 'Finished.', advice: '' }
}

/** Trains into a folder as the command line does, from a checkpoint when the folder has one. */
async function trainInto(path: string, disk: Disk = fastDisk): Promise<void> {
  const found = canResume(path) ? readResume(path) : undefined
  if (!found) rmSync(path, { recursive: true, force: true })
  const folder = openRunFolder(path, found?.recorded, { disk })
  try {
    for await (const event of training(folder, found?.resume)) folder.record({ ...event, time: 1 })
  } finally {
    folder.close()
  }
}

/** Wraps every operation of a disk; `before` may throw, and gets what a write would write. */
function wrapped(before: (operation: keyof Disk, args: unknown[]) => void): Disk {
  const wrap = <K extends keyof Disk>(operation: K) =>
    ((...args: unknown[]) => {
      before(operation, args)
      return (fastDisk[operation] as (...args: unknown[]) => unknown)(...args)
    }) as Disk[K]
  return {
    create: wrap('create'),
    open: wrap('open'),
    size: wrap('size'),
    cut: wrap('cut'),
    write: wrap('write'),
    sync: wrap('sync'),
    close: wrap('close'),
    rename: wrap('rename'),
    syncFolder: wrap('syncFolder'),
    remove: wrap('remove'),
  }
}

/** A disk on which the process dies at an operation: nothing works from then on. A torn write leaves half its bytes. */
function dyingAt(operation: number, torn: boolean): Disk {
  let done = 0
  return wrapped((name, [file, data]) => {
    if (done++ < operation) return
    if (torn && name === 'write' && done === operation + 1) {
      const bytes = Buffer.from(data as string)
      nodeDisk.write(file as number, bytes.subarray(0, bytes.length / 2))
    }
    throw new Error('killed')
  })
}

async function countOperations(path: string): Promise<number> {
  let count = 0
  await trainInto(
    path,
    wrapped(() => {
      count++
    }),
  )
  return count
}

/** The results in a log, without times and without the additions of a second start. */
const resultsOf = (path: string): RecordedEvent[] =>
  readEvents(join(path, 'events.jsonl')).filter(({ type }) => !['start', 'activity', 'end'].includes(type))

const temporaryFiles = (path: string): string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.part'))

/** The contents that must be equal in an uninterrupted run and a resumed one. */
const contentsOf = (path: string) => ({
  metrics: readFileSync(join(path, 'metrics.csv'), 'utf8'),
  selectivity: readFileSync(join(path, 'selectivity.csv'), 'utf8'),
  config: readFileSync(join(path, 'config.json'), 'utf8'),
  events: resultsOf(path),
  checkpoints: readdirSync(join(path, 'checkpoints')).map((file) => [
    file,
    readFileSync(join(path, 'checkpoints', file)).toString('hex'),
  ]),
  temporary: temporaryFiles(path),
})

/** Copies the folder of an interrupted run, so that it can be resumed more than once. */
async function interruptedAt(operation: number, torn = false): Promise<string> {
  const path = newFolder()
  await expect(trainInto(path, dyingAt(operation, torn))).rejects.toThrow('killed')
  return path
}

describe('a run that is killed at any disk operation', () => {
  it.each([false, true])(
    'resumes to the files of an uninterrupted run (torn writes: %s)',
    async (torn) => {
      const whole = newFolder()
      const operations = await countOperations(whole)
      expect(operations).toBeGreaterThan(60)
      let resumed = 0
      for (let operation = 0; operation < operations; operation++) {
        const path = await interruptedAt(operation, torn)
        if (canResume(path)) resumed++
        await trainInto(path)
        expect(contentsOf(path), `killed at operation ${operation}`).toEqual(contentsOf(whole))
      }
      expect(resumed).toBeGreaterThan(operations / 2)
    },
    30_000,
  )

  it('has every event before a checkpoint on the disk when the checkpoint appears', async () => {
    const path = newFolder()
    const synced = new Map<number, number>()
    const written = new Map<number, number>()
    const logs = new Map<number, string>()
    const checks: string[] = []
    const disk: Disk = {
      ...fastDisk,
      create: (file) => {
        const opened = nodeDisk.create(file)
        if (/(jsonl|csv)\.part$/.test(file)) logs.set(opened, file)
        else logs.delete(opened)
        return opened
      },
      write: (file, data) => {
        written.set(file, (written.get(file) ?? 0) + data.length)
        nodeDisk.write(file, data)
      },
      sync: (file) => {
        synced.set(file, written.get(file) ?? 0)
      },
      rename: (from, to) => {
        if (/checkpoints/.test(to)) {
          for (const file of logs.keys()) expect(synced.get(file)).toBe(written.get(file))
          checks.push(to)
        }
        nodeDisk.rename(from, to)
      },
    }
    await trainInto(path, disk)
    expect(checks).toHaveLength(epochs + 1)
  })
})

describe('a disk that is full', () => {
  const full = () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })

  /** A disk on which one operation fails, after writing half of its bytes. */
  function failingAt(operation: number): Disk {
    let done = 0
    return wrapped((name, [file, data]) => {
      if (done++ !== operation || name === 'close' || name === 'remove') return
      if (name === 'write') nodeDisk.write(file as number, Buffer.from(data as string).subarray(0, 10))
      throw full()
    })
  }

  it('leaves no temporary file, whichever operation fails, and the run goes on once there is space', async () => {
    const whole = newFolder()
    const operations = await countOperations(whole)
    let failed = 0
    for (let operation = 0; operation < operations; operation++) {
      const path = newFolder()
      await trainInto(path, failingAt(operation)).catch(() => failed++)
      expect(temporaryFiles(path), `operation ${operation}`).toEqual([])
      await trainInto(path)
      expect(contentsOf(path), `operation ${operation}`).toEqual(contentsOf(whole))
    }
    expect(failed).toBeGreaterThan(operations / 2)
  }, 30_000)

  it('ends the run with a sentence that names the folder, the reason and the cure', () => {
    const path = newFolder()
    let left = 8
    const disk = wrapped((name) => {
      if (name === 'write' && left-- <= 0) throw full()
    })
    const folder = openRunFolder(path, [], { disk })
    const event: RecordedEvent = { type: 'warning', step: 0, epoch: 0, message: '', time: 0 }
    expect(() => {
      for (;;) folder.record(event)
    }).toThrow(
      `cannot record in ${path} (the disk is full, ENOSPC); everything up to here is recorded, and train --resume goes on from the newest checkpoint`,
    )
    folder.close()
  })
})

describe('resuming', () => {
  it('loses nothing when it is killed at any disk operation itself', async () => {
    const whole = newFolder()
    const operations = await countOperations(whole)
    const first = Math.floor(operations * 0.7)
    for (let operation = 0; operation < operations; operation++) {
      const path = await interruptedAt(first)
      const before = readResume(path).recorded
      const died = await trainInto(path, dyingAt(operation, true)).then(
        () => false,
        () => true,
      )
      if (!died) break
      expect(readResume(path).recorded.length).toBeGreaterThanOrEqual(before.length)
      await trainInto(path)
      expect(contentsOf(path), `killed at operation ${operation} of resuming`).toEqual(contentsOf(whole))
    }
  }, 30_000)

  it('leaves the old logs unchanged when the disk is full', async () => {
    const path = await interruptedAt(70)
    const logs = ['events.jsonl', 'metrics.csv', 'selectivity.csv']
    const read = () => logs.map((log) => readFileSync(join(path, log), 'utf8'))
    const before = read()
    const full = wrapped((operation) => {
      if (operation === 'write') throw new Error('ENOSPC: no space left on device, write')
    })
    await expect(trainInto(path, full)).rejects.toThrow(
      /^cannot write the logs of .+ \(ENOSPC: no space left on device, write\)/,
    )
    expect(read()).toEqual(before)
    expect(readdirSync(path).filter((file) => file.endsWith('.part'))).toEqual([])
  })

  it('replaces the logs of an earlier run only on request, and only once the new ones are on the disk', async () => {
    const path = await interruptedAt(70)
    const log = () => readFileSync(join(path, 'events.jsonl'), 'utf8')
    const before = log()
    expect(() => openRunFolder(path)).toThrow(/already contains a run/)
    const full = wrapped((operation) => {
      if (operation === 'rename') throw new Error('EIO: i/o error, rename')
    })
    expect(() => openRunFolder(path, [], { disk: full, overwrite: true })).toThrow(/EIO/)
    expect(log()).toBe(before)
    openRunFolder(path, [], { overwrite: true }).close()
    expect(log()).toBe('')
  })

  it('adds the event of a checkpoint that was saved but not recorded', async () => {
    const path = newFolder()
    await trainInto(path)
    const events = readEvents(join(path, 'events.jsonl'))
    const last = events.findLastIndex(({ type }) => type === 'checkpoint')
    const cut = events.slice(0, last)
    rmSync(join(path, 'events.jsonl'))
    openRunFolder(path, cut).close()
    const { recorded, resume } = readResume(path)
    expect(recorded.at(-1)).toEqual(events[last])
    expect(resume).toMatchObject({ step: epochs * stepsPerEpoch, measured: true })
  })

  it('repeats the measurements of a run that was stopped before they ended, and drops an incomplete one', async () => {
    const path = newFolder()
    await trainInto(path)
    const events = readEvents(join(path, 'events.jsonl'))
    const evaluation = events.findLastIndex(({ type }) => type === 'evaluation')
    openRunFolder(path, events.slice(0, evaluation + 1)).close()
    const { recorded, resume } = readResume(path)
    expect(resume.measured).toBe(false)
    expect(recorded.at(-1)).toMatchObject({ type: 'step', step: epochs * stepsPerEpoch })
    const whole = newFolder()
    await trainInto(whole)
    await trainInto(path)
    expect(contentsOf(path)).toEqual(contentsOf(whole))
  })

  it('refuses a folder without a checkpoint, and a log that ends before its checkpoint', async () => {
    const path = newFolder()
    expect(() => readResume(path)).toThrow(/has no checkpoint to resume from/)
    await trainInto(path)
    const events = readEvents(join(path, 'events.jsonl'))
    openRunFolder(
      path,
      events.slice(
        0,
        events.findIndex(({ type }) => type === 'step'),
      ),
    ).close()
    expect(() => readResume(path)).toThrow(/events\.jsonl of .* ends before step 4 of epoch-0002\.safetensors/)
  })

  it('refuses a new run in its folder before it opens the dataset', async () => {
    const path = newFolder()
    await trainInto(path)
    const again = train(['--preset', 'small', '--set', `data.source=${join(home, 'nowhere')}`, '--out', path])
    await expect(again).rejects.toThrow('already contains a run; choose another --out, or add --resume')
  })

  it('does not send a new run to --resume where that is impossible', () => {
    const path = newFolder()
    openRunFolder(path).close()
    expect(() => openRunFolder(path)).toThrow(
      'already contains a run; choose another --out, or remove it, for it ended before its first checkpoint',
    )
  })

  it('refuses fewer epochs than the run has trained, before it changes anything', async () => {
    const path = newFolder()
    await trainInto(path)
    const before = contentsOf(path)
    const resumed = train(['--resume', '--out', path, '--set', 'train.epochs=1'])
    await expect(resumed).rejects.toThrow('invalid train.epochs: 1 (the run has trained 2; choose at least that)')
    expect(contentsOf(path)).toEqual(before)
  })
})
