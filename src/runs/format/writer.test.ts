import { expect, test } from 'vitest'
import type { RecordedEvent } from '../../protocol/run-events.ts'
import { startEvent, stepEvent } from '../../testing/events.ts'
import { type MemoryFiles, memoryFiles, type Operation } from '../../testing/memory-files.ts'
import { madeProbe, toySites } from '../../testing/probes.ts'
import { toyName, toyTrain } from '../../testing/toy-trainer.ts'
import { metricsHeader, metricsRow, selectivityHeader, selectivityRows } from '../files.ts'
import { newInfo } from './info.ts'
import { readPoints } from './points.ts'
import { openRunReader } from './reader.ts'
import { prepareResume } from './resume.ts'
import { RunError } from './run-error.ts'
import { openRunWriter, type WriterOptions } from './writer.ts'

const text = (contents: MemoryFiles['contents'], path: string) => new TextDecoder().decode(contents.get(path))
const linesIn = (contents: MemoryFiles['contents']) => text(contents, 'events.jsonl').split('\n').length - 1

const start: RecordedEvent = { ...startEvent, sites: toySites.slice(), time: 0 }
const probe = madeProbe(toySites, 1, 0.1)

const open = (files: MemoryFiles, options: Partial<WriterOptions> = {}) =>
  openRunWriter(files, { name: 'mine', now: () => 0, later: () => () => {}, ...options })

const schedule = { held: false, alpha: 0 }

test('writes the files of a run, and reads every event and unit again', async () => {
  const files = memoryFiles()
  const writer = await open(files, { csv: true, info: newInfo({ id: 'a', created: 1, name: 'mine' }) })
  const infinite = { ...stepEvent(2, 3), loss: Number.POSITIVE_INFINITY }
  for (const event of [start, stepEvent(1, 1), { ...probe, time: 2 }, infinite]) await writer.record(event)
  await writer.close()
  const run = await openRunReader(files, 'mine')
  const events = []
  for await (const event of run.events()) events.push(event)
  expect(events.map(({ type, time }) => [type, time])).toEqual([
    ['start', 0],
    ['step', 1],
    ['probe', 2],
    ['step', 3],
  ])
  expect(events[2].type === 'probe' && (await run.units(events[2]))).toEqual(probe.sites)
  expect(run.info?.name).toBe('mine')
  expect(JSON.parse(text(files.contents, 'config.json'))).toEqual(startEvent.config)
  expect(JSON.parse(text(files.contents, 'environment.json'))).toEqual(startEvent.environment)
  expect(text(files.contents, 'metrics.csv')).toBe(metricsHeader + [stepEvent(1, 1), infinite].map(metricsRow).join(''))
  expect(text(files.contents, 'selectivity.csv')).toBe(selectivityHeader + selectivityRows(probe))
})

test('a probe whose units a record cannot hold keeps them in its line', async () => {
  const files = memoryFiles()
  const writer = await open(files)
  const other = { ...probe, sites: [{ ...probe.sites[0], preferredClass: [0, 70_000, 2] }], time: 1 }
  for (const event of [start, other, { ...probe, time: 2 }, { ...probe, sites: [], time: 3 }])
    await writer.record(event)
  await writer.close()
  const run = await openRunReader(files, 'mine')
  const units = []
  for await (const event of run.events()) if (event.type === 'probe') units.push(await run.units(event))
  expect(units).toEqual([other.sites, probe.sites, null])
})

test('is on the disk after a second by its clock, and also when no further event comes', async () => {
  const files = memoryFiles()
  let now = 0
  let planned: (() => void) | undefined
  const later = (work: () => void, milliseconds: number) => {
    expect(milliseconds).toBeLessThanOrEqual(1000)
    planned = work
    return () => (planned = undefined)
  }
  const writer = await openRunWriter(files, { name: 'mine', now: () => now, later })
  await writer.record(start)
  expect(linesIn(files.durable)).toBe(0)
  now = 1000
  await writer.record(stepEvent(1, 1))
  expect(linesIn(files.durable)).toBe(2)
  expect(planned).toBeUndefined()
  now = 1500
  await writer.record(stepEvent(2, 2))
  expect(linesIn(files.durable)).toBe(2)
  planned?.()
  await writer.flush()
  expect(linesIn(files.durable)).toBe(3)
  await writer.close()
})

test('events are on the disk before the checkpoint, and its file before the list of resume points', async () => {
  const writes: string[] = []
  const files: MemoryFiles = memoryFiles(new Map(), {
    refuse: ({ kind, path }) => {
      if (kind === 'replace' && /^(checkpoints|resume)/.test(path)) {
        writes.push(path)
        expect(files.durable.get('events.jsonl')).toEqual(files.contents.get('events.jsonl'))
        expect(files.durable.get('units.bin')).toEqual(files.contents.get('units.bin'))
      }
      return null
    },
  })
  await toyTrain(files, { control: () => schedule, epochs: 1 })
  expect(writes).toEqual([
    'checkpoints/epoch-0000.safetensors',
    'resume/epoch-0000.momentum.safetensors',
    'resume/points.json',
    'resume/step-00000002.weights.safetensors',
    'resume/step-00000002.momentum.safetensors',
    'resume/points.json',
    'checkpoints/epoch-0001.safetensors',
    'resume/epoch-0001.momentum.safetensors',
    'resume/points.json',
  ])
})

test.each([true, false])(
  'keeps the newest two points, and those of checkpoints where momentum is kept: %s',
  async (momentum) => {
    const files = memoryFiles()
    const training = { stepsPerEpoch: 5, epochs: 3, resumeSteps: 1, momentum, control: () => schedule }
    await toyTrain(files, training)
    const steps = (await readPoints(files, toyName)).map(({ step }) => step)
    expect(steps).toEqual(momentum ? [0, 5, 10, 14, 15] : [14, 15])
    const states = [...files.contents.keys()].filter(
      (path) => path.startsWith('resume/') && path.endsWith('.safetensors'),
    )
    const kept = momentum ? ['epoch-0000', 'epoch-0001', 'epoch-0002'] : []
    expect(states.sort()).toEqual(
      [...kept, 'epoch-0003', 'step-00000014']
        .map((stem) => `resume/${stem}.momentum.safetensors`)
        .concat('resume/step-00000014.weights.safetensors')
        .sort(),
    )
  },
)

test('on a full disk nothing that was there is lost, and events are written once there is space', async () => {
  for (const fault of ['before', 'part'] as const) {
    let isFull = false
    const files = memoryFiles(new Map(), { refuse: ({ bytes }) => (isFull && bytes > 0 ? fault : null) })
    const writer = await open(files, { csv: true })
    await writer.record(start)
    isFull = true
    for (const event of [stepEvent(1, 1), { ...probe, time: 2 }])
      await expect(writer.record(event)).rejects.toThrow(
        /^mine: cannot record \(no space for events\.jsonl\); the events are kept/,
      )
    await expect(writer.saveCheckpoint('a.safetensors', new Uint8Array(3))).rejects.toThrow(RunError)
    isFull = false
    await writer.record(stepEvent(2, 3))
    await writer.close()
    const run = await openRunReader(files, 'mine')
    const types = []
    for await (const event of run.events()) types.push(event.type)
    expect(types).toEqual(['start', 'step', 'probe', 'step'])
    expect(text(files.contents, 'metrics.csv').split('\n')).toHaveLength(4)
  }
})

test('frees space through its host before it gives up', async () => {
  let isFull = false
  const asked: number[] = []
  const files = memoryFiles(new Map(), { refuse: ({ bytes }) => (isFull && bytes > 0 ? 'part' : null) })
  const makeRoom = async (bytes: number) => {
    asked.push(bytes)
    isFull = false
    return true
  }
  const writer = await open(files, { makeRoom })
  await writer.record(start)
  isFull = true
  await writer.record(stepEvent(1, 1))
  isFull = true
  await writer.saveCheckpoint('a.safetensors', new Uint8Array(7))
  await writer.close()
  expect(asked).toEqual([JSON.stringify(stepEvent(1, 1)).length + 1, 7])
  expect(files.contents.get('checkpoints/a.safetensors')).toHaveLength(7)
  expect(linesIn(files.contents)).toBe(2)
})

test('a state that cannot be saved leaves the point before it, and says so', async () => {
  for (const path of [
    'resume/step-00000004.weights.safetensors',
    'resume/step-00000004.momentum.safetensors',
    'resume/points.json',
  ]) {
    let isFull = false
    const refuse = (operation: Operation) =>
      isFull && operation.kind === 'replace' && operation.path === path ? 'before' : null
    const files = memoryFiles(new Map(), { refuse })
    const control = (step: number) => {
      isFull = step === 4
      return schedule
    }
    const training = { stepsPerEpoch: 100, epochs: 1, resumeSteps: 1, control }
    await expect(toyTrain(files, training)).rejects.toThrow(
      /^toy: cannot save the state of step 4 \(no space .*\); the run can still resume from step 3; free some space$/,
    )
    expect((await prepareResume(memoryFiles(files.contents), toyName)).point.step).toBe(3)
  }
})

test('a full disk costs the older state within an epoch, so that the newer one has a place', async () => {
  // The disk holds 4 files in resume besides points.json.
  const files: MemoryFiles = memoryFiles(new Map(), {
    refuse: ({ kind, path }) => {
      const states = [...files.contents.keys()].filter((own) => /^resume\/.*safetensors$/.test(own) && own !== path)
      return kind === 'replace' && /^resume\/.*safetensors$/.test(path) && states.length >= 5 ? 'before' : null
    },
  })
  await toyTrain(files, { stepsPerEpoch: 6, epochs: 1, resumeSteps: 1, control: () => schedule })
  expect((await readPoints(files, toyName)).at(-1)?.step).toBe(6)
})
