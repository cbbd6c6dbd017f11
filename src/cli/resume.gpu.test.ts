/** Real training runs in folders: interrupted and resumed, extended, forked and repeated. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import type { RunConfig, RunConfigInput } from '../config/config.ts'
import type { LoggedEvent, RunEvent } from '../protocol/run-events.ts'
import { openRunReader } from '../runs/format/reader.ts'
import { picture } from '../testing/archives.ts'
import { testGpu } from '../testing/gpu.ts'
import { copyOldRun, oldPath } from '../testing/old-runs.ts'
import { croppedAndProbed, toyConfig } from '../testing/toy-config.ts'
import { type Disk, nodeDisk } from './disk.ts'
import { openFork } from './fork.ts'
import { infoOf } from './record-run.ts'
import { compareRepetition, readRepeated, trainAgain } from './repeat.ts'
import { readGoing } from './resume.ts'
import { readFolder } from './run-disk.ts'
import { type RunRequest, trainInto } from './train-run.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-resume-'))
afterAll(() => rmSync(home, { recursive: true }))
let folders = 0
const newFolder = () => join(home, `run-${folders++}`)
const source = join(home, 'images')

beforeAll(async () => {
  for (const [i, name] of ['a', 'b', 'c'].entries()) {
    mkdirSync(join(source, name), { recursive: true })
    for (let k = 0; k < 6; k++) writeFileSync(join(source, name, `${k}.png`), await picture(10 * i + k))
  }
})
beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  return () => vi.restoreAllMocks()
})

/** Two epochs, with a state after every step. */
const configWith = (changes: RunConfigInput = {}): RunConfig =>
  toyConfig({
    ...croppedAndProbed,
    data: { ...croppedAndProbed.data, source },
    checkpoint: { resumeSteps: 1 },
    ...changes,
  })

const config = configWith()

async function requestOf(out: string, changes: Partial<RunRequest> = {}): Promise<RunRequest> {
  const gpu = await testGpu()
  const open = async () => ({ gpu, driver: 'a test' })
  const { signal } = new AbortController()
  return { config, out, signal, open, tuning: 'untuned', cache: false, ...changes }
}

type Watch = (event: RunEvent, stop: () => void) => void

async function run(request: RunRequest, watch: Watch = () => {}): Promise<RunEvent[]> {
  const controller = new AbortController()
  const events: RunEvent[] = []
  for await (const event of trainInto({ ...request, signal: controller.signal })) {
    events.push(event)
    watch(event, () => controller.abort())
  }
  return events
}

/** The user holds α in two steps. */
const controls = [
  { step: 2, held: true, alpha: -0.5 },
  { step: 3, held: true, alpha: 0.25 },
  { step: 4, held: false, alpha: 0 },
]

const begin = async (out: string, changes: Partial<RunRequest> = {}, watch?: Watch) =>
  run(await requestOf(out, { info: infoOf('toy'), controls, ...changes }), watch)

const resume = async (out: string, changes: Partial<RunRequest> = {}, watch?: Watch) =>
  run(await requestOf(out, { going: await readGoing(readFolder(out), out), ...changes }), watch)

async function eventsOf(out: string): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = []
  for await (const event of (await openRunReader(readFolder(out), out)).events()) events.push(event)
  return events
}

const isResult = ({ type }: LoggedEvent) => ['step', 'evaluation', 'probe', 'checkpoint'].includes(type)

/** Everything that must have the same bytes. The bytes on the GPU depend on what ran before in the process. */
async function contentsOf(path: string, from = 0) {
  const events = (await eventsOf(path)).filter((event) => isResult(event) && 'step' in event && event.step >= from)
  return {
    logs: ['metrics.csv', 'selectivity.csv', 'units.bin'].map((file) =>
      readFileSync(join(path, file)).toString('base64'),
    ),
    events: events.map((event) => ({ ...event, time: 0, gpuBytes: 0 })),
    checkpoints: readdirSync(join(path, 'checkpoints')).filter((file) => file.startsWith('epoch')),
  }
}

/** A disk on which the process dies at the `after`th operation behind the creation of a file. */
function dyingAround(name: string, after: number): Disk {
  let left: number | null = null
  const wrap = (operation: keyof Disk) => [
    operation,
    (...args: unknown[]) => {
      if (left === null && operation === 'create' && String(args[0]).includes(name)) left = after
      if (left !== null && left-- <= 0) throw new Error('killed')
      return (nodeDisk[operation] as (...own: unknown[]) => unknown)(...args)
    },
  ]
  return Object.fromEntries((Object.keys(nodeDisk) as (keyof Disk)[]).map(wrap)) as unknown as Disk
}

const whole = newFolder()
let wholeContents: Awaited<ReturnType<typeof contentsOf>>
beforeAll(async () => {
  await begin(whole)
  wholeContents = await contentsOf(whole)
})

it('resumes a run that died while it saved to the files of an uninterrupted run', async () => {
  expect((await eventsOf(whole)).filter(({ type }) => type === 'step').length).toBeGreaterThan(4)
  for (const [name, after] of [
    ['epoch-0001.safetensors', 2],
    ['step-00000001.weights', 9],
    ['step-00000005.momentum', 1],
    ['step-00000004.momentum', 8],
  ] as const) {
    const path = newFolder()
    const died = await begin(path, { disk: dyingAround(name, after) }).then(
      () => false,
      () => true,
    )
    expect(died, name).toBe(true)
    const events = await resume(path)
    expect(
      events.find(({ type }) => type === 'start'),
      name,
    ).toMatchObject({ resumed: { reason: 'user' } })
    expect(await contentsOf(path), `${name}, operation ${after}`).toEqual(wholeContents)
  }
})

it('resumes a run that was stopped within an epoch and while it measured, at most one step before', async () => {
  const path = newFolder()
  await begin(path, {}, (event, stop) => {
    if (event.type === 'step' && event.step === 2) stop()
  })
  expect((await eventsOf(path)).at(-1)).toMatchObject({ type: 'end', reason: 'stopped' })
  const second = await resume(path, {}, (event, stop) => {
    if (event.type === 'activity' && event.activity === 'probing' && event.epoch === 1) stop()
  })
  const start = second.find((event) => event.type === 'start')
  expect(start?.fromStep).toBeGreaterThanOrEqual(1)
  await resume(path)
  expect(await contentsOf(path)).toEqual(wholeContents)
})

it('extends a finished run to the files of a longer one', async () => {
  const path = newFolder()
  await begin(path, { config: { ...config, train: { ...config.train, epochs: 1 } } })
  await resume(path)
  expect(await contentsOf(path)).toEqual(wholeContents)
})

it('refuses to resume on changed images before it touches the folder, and goes on from an epoch’s end where accepted', async () => {
  const path = newFolder()
  await begin(path, {}, (event, stop) => {
    if (event.type === 'step' && event.epoch > 1.2) stop()
  })
  const other = join(home, 'other')
  for (const name of ['a', 'b', 'c']) {
    mkdirSync(join(other, name), { recursive: true })
    for (let k = 0; k < 7; k++) writeFileSync(join(other, name, `${k}.png`), await picture(k))
  }
  const before = await contentsOf(path)
  const moved = { ...config, data: { ...config.data, source: other } }
  await expect(resume(path, { config: moved })).rejects.toThrow(/^the images of .* have changed since the run began/)
  expect(await contentsOf(path)).toEqual(before)
  const events = await resume(path, { config: moved, acceptChangedData: true })
  const start = events.find((event) => event.type === 'start')
  const ends = (await eventsOf(whole)).flatMap((event) => (event.type === 'checkpoint' ? [event.step] : []))
  expect(start?.fromStep).toBe(ends[1])
  expect(events.at(-1)).toMatchObject({ reason: 'finished' })
})

it('forks from a step within an epoch: without a change the fork goes on as its parent did', async () => {
  const path = newFolder()
  // Of the states within epochs, the newest two are kept.
  const [last] = (await eventsOf(whole)).filter(({ type }) => type === 'step').slice(-1)
  const step = 'step' in last ? last.step - 1 : 0
  {
    await using fork = await openFork(`${whole}@step:${step}`, [], undefined)
    const [start] = (await run(await requestOf(path, fork.request))).filter((event) => event.type === 'start')
    const parent = { kind: 'fork', name: 'toy', step, momentum: 'kept' }
    expect(start).toMatchObject({ fromStep: step, parent })
    expect(JSON.parse(readFileSync(join(path, 'run.json'), 'utf8'))).toMatchObject({ parent })
  }
  const { events, logs } = await contentsOf(path)
  expect([events, logs]).toEqual([wholeContents.events, wholeContents.logs])
})

it('repeats a fork with live α, other settings and zero momentum, also after an interruption, and finds a difference', async () => {
  const path = newFolder()
  rmSync(join(whole, 'resume', 'epoch-0001.momentum.safetensors'))
  const points = join(whole, 'resume', 'points.json')
  const kept = JSON.parse(readFileSync(points, 'utf8'))
  const others = kept.points.filter(
    ({ checkpoint, batch }: { checkpoint: string; batch: number }) => batch > 0 || !checkpoint.includes('0001'),
  )
  writeFileSync(points, JSON.stringify({ ...kept, points: others }))
  {
    await using fork = await openFork(`${whole}@1`, ['optimizer.learningRate=0.02', 'train.epochs=3'], undefined)
    const [start] = (await run(await requestOf(path, fork.request))).filter((event) => event.type === 'start')
    expect(start).toMatchObject({ parent: { momentum: 'zero', epoch: 1 }, config: { train: { epochs: 3 } } })
  }
  const parent = await openRunReader(readFolder(path), path)
  const record = await readRepeated(parent)
  expect(record.segments.map(({ momentum }) => momentum)).toEqual(['kept', 'zero'])
  const again = newFolder()
  const given = async (signal: AbortSignal) => ({ ...(await requestOf(again)), data: undefined, signal })
  const controller = new AbortController()
  for await (const event of trainAgain(parent, record, await given(controller.signal)))
    if (event.type === 'step' && event.step === 2) controller.abort()
  for await (const _ of trainAgain(parent, record, await given(new AbortController().signal)));
  const found = await compareRepetition(parent, record, again)
  expect(found).toMatchObject({ identical: true, difference: null })
  expect(found.same).toBeGreaterThan(12)
  const log = join(again, 'events.jsonl')
  writeFileSync(log, readFileSync(log, 'utf8').replace(/("type":"step","step":3,.*?"loss":)[\d.]+/, '$17'))
  expect(await compareRepetition(parent, record, again)).toMatchObject({
    identical: false,
    difference: { type: 'step', step: 3, field: 'loss', second: 7 },
  })
})

it('resumes a run of an earlier version, to the numbers of one that was not interrupted', async () => {
  const path = newFolder()
  copyOldRun('interrupted', path)
  const old = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8'))
  const placed = toyConfig({ ...old, data: { ...old.data, source: oldPath('images') } })
  await resume(path, { config: placed })
  const losses = async (folder: string) =>
    (await eventsOf(folder)).flatMap((event) => (event.type === 'step' ? [event.loss] : []))
  const [resumed, finished] = [await losses(path), await losses(oldPath('finished'))]
  expect(resumed).toHaveLength(finished.length)
  for (const [i, loss] of resumed.entries()) expect(Math.abs(loss / finished[i] - 1)).toBeLessThan(1e-5)
})
