import { expect, test } from 'vitest'
import { defaultConfig, parseConfig } from '../../config/config.ts'
import { crc32 } from '../../crc.ts'
import type { ForkFrom } from '../../protocol/commands.ts'
import { memoryFiles } from '../../testing/memory-files.ts'
import { oldFiles } from '../../testing/old-runs.ts'
import { toyName, toyTrain } from '../../testing/toy-trainer.ts'
import { forkInto, parentOf, readFork } from './fork.ts'
import { newInfo } from './info.ts'
import { openRunReader, type RunReader } from './reader.ts'
import { prepareResume } from './resume.ts'
import { RunError } from './run-error.ts'

const training = {
  stepsPerEpoch: 4,
  epochs: 2,
  resumeSteps: 3,
  control: (step: number) => ({ held: true, alpha: step / 7 }),
}

async function trained() {
  const files = memoryFiles()
  await toyTrain(files, training)
  return files
}

async function forked(parent: RunReader, from: ForkFrom) {
  const start = await readFork(parent, from)
  const files = memoryFiles()
  const info = newInfo({ id: 'fork', created: 2, name: 'fork', parent: parentOf(parent, start) })
  await forkInto(parent, start, files, { info, config: defaultConfig() })
  return { start, files }
}

test.each<ForkFrom>([{ step: 0 }, { step: 4 }, { step: 6 }, { checkpoint: 'epoch-0001.safetensors' }])(
  'a fork from %j with the same settings gives the bytes of its parent',
  async (from) => {
    const parent = await trained()
    const { files } = await forked(await openRunReader(parent, toyName), from)
    await toyTrain(files, training)
    for (const path of ['units.bin', 'metrics.csv', 'selectivity.csv', 'checkpoints/epoch-0002.safetensors'])
      expect(files.contents.get(path), path).toEqual(parent.contents.get(path))
    const run = await openRunReader(files, 'fork')
    expect(run.info?.parent).toMatchObject({ kind: 'fork', id: 'toy', name: toyName, momentum: 'kept' })
  },
)

test('a checkpoint without kept momentum begins with zeros, behind its own line, and says so', async () => {
  const files = await trained()
  const contents = new Map([...files.contents].filter(([path]) => !path.startsWith('resume/')))
  const parent = await openRunReader(memoryFiles(contents), toyName)
  const { start, files: fork } = await forked(parent, { checkpoint: 'epoch-0001.safetensors' })
  expect(start.momentum).toBeNull()
  expect(start.point).toMatchObject({ step: 4, epoch: 1, batch: 0, checkpoint: 'epoch-0001.safetensors', savedStep: 4 })
  expect((await openRunReader(fork, 'fork')).info?.parent?.momentum).toBe('zero')
  const prepared = await prepareResume(fork, 'fork')
  const bytes = fork.contents.get('events.jsonl') as Uint8Array
  const logs = { ...start.point.logs, crc32: crc32(bytes) }
  expect([prepared.momentum, prepared.point]).toMatchObject([null, { ...start.point, logs }])
  const log = new TextDecoder().decode(bytes).trimEnd().split('\n')
  expect(JSON.parse(log[log.length - 1])).toMatchObject({ type: 'checkpoint', step: 4 })
})

test('a run of format 1 forks into this format', async () => {
  const parent = await openRunReader(memoryFiles(oldFiles('finished')), 'old')
  const first = await forked(parent, { checkpoint: 'epoch-0001.safetensors' })
  expect([first.start.point.step, first.start.momentum]).toEqual([3, null])
  const second = await forked(parent, { checkpoint: 'epoch-0002.safetensors' })
  expect(second.start.momentum).toEqual(oldFiles('finished').get('resume/momentum.safetensors'))
  expect((await openRunReader(second.files, 'fork')).info?.parent).toMatchObject({
    id: '',
    step: 6,
    epoch: 2,
    momentum: 'kept',
  })
  const run = await openRunReader(second.files, 'fork')
  for await (const event of run.events()) {
    if (event.type !== 'probe') continue
    expect(event.units?.kind).toBe('record')
    expect(await run.units(event)).toHaveLength(4)
  }
})

test('a state that is not there is an error that lists those that are; a damaged one is an error', async () => {
  const parent = await trained()
  const run = await openRunReader(parent, toyName)
  for (const from of [{ step: 5 }, { checkpoint: 'epoch-0009.safetensors' }])
    await expect(readFork(run, from)).rejects.toThrow(
      /^toy has no state .* to fork from; it has step 0, .*epoch-0002\.safetensors$/,
    )
  const damaged = new Map(parent.contents).set('checkpoints/epoch-0001.safetensors', new Uint8Array(16))
  const other = await openRunReader(memoryFiles(damaged), toyName)
  await expect(readFork(other, { step: 4 })).rejects.toThrow(/is damaged/)
  await expect(readFork(other, { step: 4 })).rejects.toThrow(RunError)
})

test('a crash at any operation leaves either no run or a whole fork', async () => {
  const parent = await openRunReader(await trained(), toyName)
  const { files: whole, start } = await forked(parent, { step: 6 })
  const info = newInfo({ id: 'fork', created: 2, name: 'fork', parent: parentOf(parent, start) })
  for (let at = 0; at < whole.operations(); at++) {
    const files = memoryFiles(new Map(), { crash: ({ index }) => (index === at ? 'after' : null) })
    await expect(forkInto(parent, start, files, { info, config: defaultConfig() })).rejects.toThrow()
    if (files.contents.has('events.jsonl')) expect(files.contents).toEqual(whole.contents)
    else await expect(openRunReader(memoryFiles(files.contents), 'fork')).rejects.toThrow(/has no events\.jsonl/)
  }
})

test('a fork takes nothing over from what a failed beginning left in its folder', async () => {
  const parent = await openRunReader(await trained(), toyName)
  const start = await readFork(parent, { step: 6 })
  const left = { format: 2, controls: [{ step: 8, held: true, alpha: -9 }], events: [] }
  const files = memoryFiles(new Map([['resume/controls.json', new TextEncoder().encode(JSON.stringify(left))]]))
  const info = newInfo({ id: 'fork', created: 2, name: 'fork', parent: parentOf(parent, start) })
  await forkInto(parent, start, files, { info, config: defaultConfig() })
  expect((await prepareResume(files, 'fork')).controls).toEqual([{ step: 6, held: true, alpha: 6 / 7 }])
})

test('a fork with another schedule follows it, also where its parent held α', async () => {
  const parent = await openRunReader(await trained(), toyName)
  const start = await readFork(parent, { step: 6 })
  const files = memoryFiles()
  const info = newInfo({ id: 'fork', created: 2, name: 'fork', parent: parentOf(parent, start) })
  const schedule = [{ fromEpoch: 0, toEpoch: 9, alpha: -3 }]
  await forkInto(parent, start, files, { info, config: parseConfig({ regularizer: { schedule } }) })
  expect((await prepareResume(files, 'fork')).controls).toEqual([{ step: 7, held: false, alpha: 0 }])
})

test('a checkpoint within an epoch is forked with the momentum of the point of its step', async () => {
  const files = await trained()
  const file = 'step-00000006.safetensors'
  const event = { type: 'checkpoint', step: 6, epoch: 1.5, file, bytes: 16, time: 9 }
  const log = new TextDecoder().decode(files.contents.get('events.jsonl'))
  const line = (text: string) => new TextEncoder().encode(`${text}${JSON.stringify(event)}\n`)
  const contents = new Map(files.contents).set('events.jsonl', line(log)).set(`checkpoints/${file}`, new Uint8Array(16))
  const start = await readFork(await openRunReader(memoryFiles(contents), toyName), { checkpoint: file })
  expect([start.point.step, start.point.batch, start.momentum?.length]).toEqual([6, 2, 16])
})
