import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LabMessage } from '../protocol/messages.ts'
import type { RunEvent } from '../protocol/run-events.ts'
import type { ResumeState } from '../protocol/run-record.ts'
import { newInfo } from '../runs/format/info.ts'
import { readPoints } from '../runs/format/points.ts'
import { openRunReader } from '../runs/format/reader.ts'
import { storedRuns } from '../runs/opfs/folders.ts'
import { startEvent, stepEvent } from '../testing/events.ts'
import { storedBytes, type TestStorage, testStorage } from '../testing/opfs.ts'
import { madeProbe, toySites } from '../testing/probes.ts'
import type { RunStorage } from './host.ts'
import { openNewRecord, openRecord, type RunRecord } from './run-record.ts'
import { runsIn } from './run-storage.ts'
import { unstoredFiles } from './unstored-files.ts'

let storage: TestStorage
let runs: RunStorage
let posted: LabMessage[] = []
let clock = 0
beforeEach(() => {
  storage = testStorage()
  runs = runsIn(storage.worker())
  posted = []
  clock = 0
})
afterEach(() => storage.dispose())

async function openOne(files?: ReturnType<typeof unstoredFiles>): Promise<RunRecord> {
  const folder = files ?? (await runs.openForWriting('one'))?.files
  if (!folder) throw new Error('locked')
  const info = newInfo({ id: 'one', created: 1, name: 'toy' })
  const post = (message: LabMessage, transfer: Transferable[] = []) =>
    void posted.push(structuredClone(message, { transfer }))
  return openRecord({ id: 'one', name: 'toy', files: folder, info, post, now: () => (clock += 100), runs })
}

const start: RunEvent = { ...startEvent, sites: toySites.slice() }
const step = (number: number): RunEvent => {
  const { time: _, ...event } = stepEvent(number, 0)
  return event
}
const bytes = (length: number) => new Uint8Array(length).fill(7)
const end: RunEvent & { type: 'end' } = {
  type: 'end',
  step: 9,
  epoch: 1,
  reason: 'finished',
  message: 'Done.',
  advice: '',
}

const state = (number: number, batch: number, size: number): ResumeState => ({
  step: number,
  epoch: Math.floor(number / 10),
  batch,
  weights: batch === 0 ? null : bytes(size),
  momentum: bytes(size),
  checkpoint: 'epoch-0000.safetensors',
  savedStep: 0,
})

const ofType = <T extends LabMessage['type']>(type: T) =>
  posted.filter((one): one is Extract<LabMessage, { type: T }> => one.type === type)
const events = () => ofType('event').map(({ event }) => event)

async function logged() {
  const run = await openRunReader(storedRuns(storage.worker()).open('one'), 'one')
  const found = []
  for await (const event of run.events()) found.push(event)
  return found
}

async function begun(): Promise<RunRecord> {
  const record = await openOne()
  await record.record(start)
  await record.record(madeProbe(toySites, 0, 0, 1))
  await record.saveCheckpoint('epoch-0000.safetensors', bytes(1000))
  await record.record({ type: 'checkpoint', step: 0, epoch: 0, file: 'epoch-0000.safetensors', bytes: 1000 })
  await record.saveResume(state(0, 0, 1000))
  return record
}

describe('the record of a run', () => {
  it('is posted as the log has it, the end only when the files are closed', async () => {
    const record = await begun()
    for (const number of [1, 2]) await record.record(step(number))
    await record.finish(end)
    expect(events()).toEqual(await logged())
    expect(events().at(-1)).toMatchObject({ type: 'end' })
    expect(posted.at(-1)?.type).toBe('event')
    const units = ofType('event').flatMap((one) => (one.units ? [Buffer.from(one.units)] : []))
    expect(Buffer.concat(units).equals(storedBytes(storage, 'one', 'units.bin'))).toBe(true)
    expect(ofType('resume-point')).toEqual([{ type: 'resume-point', runId: 'one', step: 0, epoch: 0 }])
  })

  it('has a warning from beside the run with the moment of the event before it', async () => {
    const record = await begun()
    record.note('identical files')
    await record.record(step(1))
    record.note('more identical files')
    await record.finish(end)
    const found = (await logged()).flatMap((event) =>
      event.type === 'warning' ? [`${event.step} ${event.message}`] : event.type === 'end' ? ['end'] : [],
    )
    expect(found).toEqual(['1 identical files', '1 more identical files', 'end'])
    expect(events()).toEqual(await logged())
  })

  it.each([false, true])(
    'gives up resume points first where storage is full, and says so in the log (parts: %s)',
    async (partial) => {
      const record = await begun()
      await record.record(step(1))
      await record.saveResume(state(3, 3, 3000))
      await record.saveResume(state(7, 7, 3000))
      storage.partial = partial
      storage.quota = 20_000
      // The first checkpoint that does not fit takes the place of a state within the epoch.
      await record.saveCheckpoint('epoch-0001.safetensors', bytes(5000))
      await record.record({ type: 'checkpoint', step: 10, epoch: 1, file: 'epoch-0001.safetensors', bytes: 5000 })
      await record.record(step(11))
      await record.finish(end)
      const warnings = (await logged()).filter((event) => event.type === 'warning')
      expect(warnings).toMatchObject([
        { message: expect.stringMatching(/storage is full, so this run removed 1 resume point within an epoch/) },
      ])
      const files = storedRuns(storage.worker()).open('one')
      expect((await readPoints(files, 'one')).map((point) => point.step)).toEqual([0, 7])
      expect((await files.list('resume')).map(({ name }) => name)).not.toContain('step-00000003.weights.safetensors')
      expect((await files.list('checkpoints')).map(({ name }) => name)).toEqual([
        'epoch-0000.safetensors',
        'epoch-0001.safetensors',
      ])
      expect(ofType('not-stored')).toEqual([])
      expect(events()).toEqual(await logged())
    },
  )

  it('posts every event where nothing more can go, tells the page once, and writes all once there is room', async () => {
    const record = await begun()
    storage.quota = 0
    for (let number = 1; number <= 20; number++) await record.record(step(number))
    await expect(record.saveCheckpoint('epoch-0001.safetensors', bytes(5000))).rejects.toThrow(/storage is full/)
    expect(ofType('not-stored')).toMatchObject([
      { runId: 'one', message: expect.stringMatching(/storage is full.*export the run/) },
    ])
    expect(events().filter((event) => event.type === 'step')).toHaveLength(20)
    expect((await logged()).filter((event) => event.type === 'step')).toHaveLength(0)
    storage.quota = Number.POSITIVE_INFINITY
    await record.record(step(21))
    expect(ofType('not-stored').at(-1)?.message).toBe(null)
    await record.finish(end)
    expect(await logged()).toEqual(events())
  })

  it('of a new run goes to the page alone where storage is full from the beginning', async () => {
    storage.quota = 0
    const folder = await runs.openForWriting('one')
    if (!folder) throw new Error('locked')
    const info = newInfo({ id: 'one', created: 1, name: 'toy' })
    const post = (message: LabMessage) => void posted.push(message)
    const options = { id: 'one', name: 'toy', files: folder.files, info, post, now: () => (clock += 100), runs }
    const { record, isStored } = await openNewRecord(options)
    expect(isStored).toBe(false)
    await record.record(start)
    await record.record(step(1))
    await expect(record.saveCheckpoint('epoch-0000.safetensors', bytes(10))).rejects.toThrow(/storage is full/)
    await record.finish(end)
    expect(events().map(({ type }) => type)).toEqual(['start', 'step', 'end'])
    expect(ofType('not-stored')).toMatchObject([{ message: expect.stringMatching(/storage is full.*export the run/) }])
  })

  it('goes to the page alone where the browser offers no storage', async () => {
    const record = await openOne(unstoredFiles('closed'))
    await record.record(start)
    await record.record(madeProbe(toySites, 0, 0, 1))
    await expect(record.saveCheckpoint('epoch-0000.safetensors', bytes(10))).rejects.toThrow(
      /no storage for it \(closed\)/,
    )
    await record.record(step(1))
    await record.finish(end)
    expect(events().map(({ type }) => type)).toEqual(['start', 'probe', 'step', 'end'])
    expect(ofType('event')[1].units?.length).toBeGreaterThan(0)
    expect(ofType('not-stored')).toEqual([])
  })
})
