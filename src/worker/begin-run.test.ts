import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunConfig } from '../config/config.ts'
import type { StartFrom } from '../protocol/commands.ts'
import { readKept } from '../runs/format/controls.ts'
import { forkInto, parentOf, readFork } from '../runs/format/fork.ts'
import { newInfo } from '../runs/format/info.ts'
import { openRunReader } from '../runs/format/reader.ts'
import { openRunWriter } from '../runs/format/writer.ts'
import { storedRuns } from '../runs/opfs/folders.ts'
import { startEvent, stepEvent } from '../testing/events.ts'
import { storedBytes, type TestStorage, testStorage } from '../testing/opfs.ts'
import { toySites } from '../testing/probes.ts'
import { toyTrain } from '../testing/toy-trainer.ts'
import { beginRun, earlierRun, selectedData, trainedConfig } from './begin-run.ts'
import { runsIn } from './run-storage.ts'

let storage: TestStorage
beforeEach(() => {
  storage = testStorage()
})
afterEach(() => storage.dispose())

const config = startEvent.config as RunConfig
const resume: StartFrom = {
  kind: 'resume',
  mark: { reason: 'worker-crashed', message: 'It died.' },
  acceptChanged: false,
}

async function filesOf(id: string) {
  const run = await runsIn(storage.worker()).openForWriting(id)
  if (!run) throw new Error(`${id} is locked`)
  return run.files
}

const control = (step: number) => ({ held: step > 2, alpha: step > 2 ? step : 0 })
const controls = (steps: number) => Array.from({ length: steps }, (_, i) => ({ step: i + 1, ...control(i + 1) }))

async function begin(id: string, from: StartFrom) {
  const command = { type: 'start', config, runId: id, tuning: 'untuned', eager: false, from } as const
  const earlier = await earlierRun(runsIn(storage.worker()), command)
  return beginRun(await filesOf(id), command, earlier, false)
}

/** A run that was killed in its first epoch, before any state was saved. */
async function killedEarly(steps: number, changed?: RunConfig): Promise<void> {
  const files = await filesOf('one')
  const info = newInfo({ id: 'one', created: 1, name: 'One' })
  const writer = await openRunWriter(files, { name: 'one', now: () => 0, info })
  const start = { ...startEvent, sites: toySites.slice(), time: 0 }
  await writer.record(start)
  for (let step = 1; step <= steps; step++) await writer.record({ ...stepEvent(step, step), ...control(step) })
  if (changed) await writer.record({ ...start, config: changed, fromStep: steps })
  await writer.close()
  storage.endWorkers()
}

describe('a run begins', () => {
  it('again where no state was saved, with all recorded controls, also after another interruption', async () => {
    await killedEarly(4)
    const first = await begin('one', resume)
    expect(first).toMatchObject({ controls: controls(4), resumed: { reason: 'worker-crashed' } })
    expect(first.resume).toBe(undefined)
    storage.endWorkers()
    await killedEarly(1)
    const { controls: again } = await begin('one', resume)
    expect(again).toEqual(controls(4))
  })

  it('as a repetition with the recorded controls, which are kept', async () => {
    await killedEarly(5)
    const found = await begin('two', { kind: 'repeat', of: 'one' })
    expect(found).toMatchObject({
      controls: controls(5),
      info: { id: 'two', parent: { kind: 'repeat', id: 'one', name: 'One' } },
    })
    expect((await readKept(storedRuns(storage.worker()).open('two'), 'two')).controls).toEqual(controls(5))
  })

  it('as a repetition with the recorded configuration, whatever the page has now', async () => {
    await killedEarly(1)
    const other = { ...config, seed: 99, data: { ...config.data, source: 'moved' } }
    const from = { kind: 'repeat', of: 'one' } as const
    const command = { type: 'start', config: other, runId: 'two', tuning: 'untuned', eager: false, from } as const
    const earlier = await earlierRun(runsIn(storage.worker()), command)
    const classes = startEvent.environment.data.classes.map(({ id }) => id)
    const trained = trainedConfig(command, earlier)
    expect(trained).toEqual({ ...config, data: { ...config.data, source: 'moved' } })
    expect(selectedData(trained, earlier)).toEqual({ ...trained.data, classes })
  })

  it('not as a repetition of a run that changed its settings', async () => {
    const longer = { ...config, train: { ...config.train, epochs: config.train.epochs + 1 } }
    await killedEarly(2, longer)
    await expect(begin('two', { kind: 'repeat', of: 'one' })).rejects.toThrow(/changed its settings.*train\.epochs/)
  })

  it('not where a fork was interrupted before its own configuration was recorded', async () => {
    const files = await filesOf('one')
    await toyTrain(files, { control })
    const parent = await openRunReader(files, 'one')
    const start = await readFork(parent, { checkpoint: 'epoch-0001.safetensors' })
    const info = newInfo({ id: 'fork', created: 1, name: 'Fork', parent: parentOf(parent, start) })
    await forkInto(parent, start, await filesOf('fork'), { info, config: { ...config, seed: 77 } })
    storage.endWorkers()
    const log = storedBytes(storage, 'fork', 'events.jsonl')
    await expect(begin('fork', resume)).rejects.toThrow(
      /The fork .* was interrupted before its first step\. Delete it, and fork toy again/,
    )
    expect(storedBytes(storage, 'fork', 'events.jsonl').equals(log)).toBe(true)
  })
})
