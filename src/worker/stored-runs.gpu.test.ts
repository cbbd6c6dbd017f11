/** Runs in the browser's storage: they resume, fork, repeat and are measured in later sessions, on another worker. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseConfig, type RunConfig } from '../config/config.ts'
import { DeviceError } from '../gpu/device.ts'
import type { StartFrom } from '../protocol/commands.ts'
import type { LabMessage } from '../protocol/messages.ts'
import { openRunReader } from '../runs/format/reader.ts'
import { storedRuns } from '../runs/opfs/folders.ts'
import { compareRecords, differenceText } from '../runs/same-run.ts'
import { storedBytes, type TestStorage, testStorage } from '../testing/opfs.ts'
import { openTestSession } from '../testing/session.ts'
import { croppedAndProbed, toyConfig } from '../testing/toy-config.ts'

type Of<T extends LabMessage['type']> = Extract<LabMessage, { type: T }>

const is =
  <T extends LabMessage['type']>(type: T) =>
  (message: LabMessage): message is Of<T> =>
    message.type === type

const config = toyConfig(croppedAndProbed)

const start = (runId: string, from?: StartFrom, own: RunConfig = config) =>
  ({ type: 'start', config: own, runId, tuning: 'untuned', eager: false, ...(from ? { from } : {}) }) as const

const resume: StartFrom = { kind: 'resume', mark: { reason: 'user', message: '' }, acceptChanged: false }

type Session = ReturnType<typeof openTestSession>

const reader = (storage: TestStorage, id: string) => openRunReader(storedRuns(storage.worker()).open(id), id)

/** The first difference of two runs' records; null for the same bytes. */
async function difference(
  storage: TestStorage,
  first: string,
  second: string,
  other = storage,
): Promise<string | null> {
  const found = await compareRecords(await reader(storage, first), await reader(other, second))
  expect(found.same).toBeGreaterThan(4)
  return found.difference && differenceText(found.difference, first, second)
}

const steps = async (storage: TestStorage, id: string) => {
  const found: { step: number; held: boolean; alpha: number }[] = []
  for await (const event of (await reader(storage, id)).events())
    if (event.type === 'step') found.push({ step: event.step, held: event.held, alpha: event.alpha })
  return found
}

/**
 * Kills the worker of a session: nothing that it still does reaches the storage. Then stops its training, since one process
 * trains one run at a time.
 */
async function kill(session: Session): Promise<void> {
  session.storage.endWorkers()
  session.handle({ type: 'stop' })
  await session.event('end')
}

/** Trains up to a pause after some steps, and then kills the worker. */
async function interrupted(session: Session, id: string, after: number): Promise<void> {
  session.handle(start(id))
  session.handle({ type: 'pause' })
  for (let step = 0; step < after; step++) {
    await session.event('activity', (one) => one.activity === 'paused' && one.step === step)
    session.handle({ type: 'step' })
  }
  await session.event('activity', (one) => one.activity === 'paused' && one.step === after)
  await kill(session)
}

const finished = async (session: Session) => {
  const end = await session.event('end')
  expect(end).toMatchObject({ reason: 'finished' })
}

describe('a stored run', () => {
  it('is posted as its log has it, with the record of each probe’s units', async () => {
    const session = openTestSession()
    session.handle(start('one'))
    await finished(session)
    const run = await reader(session.storage, 'one')
    const logged = []
    for await (const event of run.events()) logged.push(event)
    expect(session.events()).toEqual(logged)
    const units = storedBytes(session.storage, 'one', 'units.bin')
    const posted = session.messages.flatMap((one) =>
      one.type === 'event' && one.units ? [Buffer.from(one.units)] : [],
    )
    expect(posted.length).toBeGreaterThan(2)
    expect(Buffer.concat(posted).equals(units)).toBe(true)
    expect(run.info).toMatchObject({ id: 'one', origin: 'trained', name: config.name, parent: null })
    expect(session.messages.filter(is('resume-point')).map(({ step }) => step)).toContain(0)
    expect(session.messages.filter(is('storage')).at(-1)).toMatchObject({ used: expect.any(Number) })
  })

  it('resumes within an epoch to the same bytes, with the α that was moved behind its resume point', async () => {
    const storage = testStorage()
    const first = openTestSession({ storage })
    await interrupted(first, 'one', 1)
    const second = openTestSession({ storage })
    second.handle(start('one', resume))
    second.handle({ type: 'alpha', value: -3 })
    await second.event('step', ({ step }) => step === 2)
    await kill(second)
    const third = openTestSession({ storage })
    third.handle(start('one', resume))
    await finished(third)
    const recorded = await steps(storage, 'one')
    expect(recorded.map(({ step }) => step)).toEqual(recorded.map((_, i) => i + 1))
    expect(recorded.some(({ held, alpha }) => held && alpha === -3)).toBe(true)
    const repeated = openTestSession({ storage })
    repeated.handle(start('again', { kind: 'repeat', of: 'one' }))
    await finished(repeated)
    expect(await difference(storage, 'one', 'again')).toBe(null)
    expect(storedBytes(storage, 'again', 'units.bin').equals(storedBytes(storage, 'one', 'units.bin'))).toBe(true)
    const starts = third.events().filter((event) => event.type === 'start')
    expect(starts).toMatchObject([{ resumed: { reason: 'user' } }])
    storage.dispose()
  })

  it('begins again where it stopped before its first state was saved', async () => {
    const plain = openTestSession()
    plain.handle(start('one'))
    await finished(plain)
    const session = openTestSession()
    session.handle(start('one'))
    await session.event('start')
    await kill(session)
    const again = openTestSession({ storage: session.storage })
    again.handle(start('one', resume))
    await finished(again)
    expect(await difference(plain.storage, 'one', 'one', session.storage)).toBe(null)
  })

  it('goes on for more epochs after its end, like a run that had them from the beginning', async () => {
    const session = openTestSession()
    const longer = parseConfig({ ...config, train: { ...config.train, epochs: config.train.epochs + 1 } })
    session.handle(start('one'))
    await finished(session)
    const more = openTestSession({ storage: session.storage })
    more.handle(start('one', resume, longer))
    await finished(more)
    const plain = openTestSession()
    plain.handle(start('one', undefined, longer))
    await finished(plain)
    expect(await steps(session.storage, 'one')).toHaveLength(6)
    expect(await difference(session.storage, 'one', 'one', plain.storage)).toBe(null)
  })

  it('forks with its record and its state, under another α', async () => {
    const session = openTestSession()
    session.handle(start('one'))
    await finished(session)
    const at = (await (await reader(session.storage, 'one')).checkpoints())[1]
    const schedule = [{ fromEpoch: 1, toEpoch: 2, alpha: -2 }]
    const other = parseConfig({ ...config, regularizer: { ...config.regularizer, schedule } })
    const forked = openTestSession({ storage: session.storage })
    const point = { checkpoint: at.file }
    forked.handle(start('fork', { kind: 'fork', parent: 'one', point, acceptChanged: false }, other))
    await finished(forked)
    const run = await reader(session.storage, 'fork')
    expect(run.info?.parent).toMatchObject({ kind: 'fork', id: 'one', step: at.step, momentum: 'kept' })
    const [own, parents] = [await steps(session.storage, 'fork'), await steps(session.storage, 'one')]
    expect(own.slice(0, at.step)).toEqual(parents.slice(0, at.step))
    expect(own.slice(at.step).every(({ alpha }) => alpha === -2)).toBe(true)
    expect(own).toHaveLength(parents.length)
  })

  it('forks with the α that its run held, unless it has another schedule', async () => {
    const session = openTestSession()
    session.handle(start('one'))
    session.handle({ type: 'alpha', value: -3 })
    await finished(session)
    const at = (await (await reader(session.storage, 'one')).checkpoints())[1]
    const fork = async (id: string, own: RunConfig) => {
      const forked = openTestSession({ storage: session.storage })
      forked.handle(
        start(id, { kind: 'fork', parent: 'one', point: { checkpoint: at.file }, acceptChanged: false }, own),
      )
      await finished(forked)
      return (await steps(session.storage, id)).slice(at.step)
    }
    const other = parseConfig({ ...config, regularizer: { schedule: [{ fromEpoch: 0, toEpoch: 2, alpha: -2 }] } })
    for (const { held, alpha } of await fork('same', config)) expect([held, alpha]).toEqual([true, -3])
    for (const { held, alpha } of await fork('other', other)) expect([held, alpha]).toEqual([false, -2])
  })

  it('is measured at a later visit, into the tables of its folder, and never from a damaged checkpoint', async () => {
    const { storage, ...session } = openTestSession()
    session.handle(start('one'))
    await finished({ storage, ...session })
    const { config: own, classes, environment } = await session.event('start')
    const { kernels, data } = environment
    const { fingerprint, contents, images } = data
    const run = { id: 'one', config: own, classes: classes.map(({ id }) => id), kernels, fingerprint, contents, images }
    const measure = (request: number, file: string) =>
      ({
        type: 'measure',
        request,
        run,
        measurement: { kind: 'linearity', checkpoints: [{ file, epoch: 1 }] },
      }) as const
    const later = openTestSession({ storage })
    later.handle(measure(1, 'epoch-0001.safetensors'))
    await later.message(is('measure-finished'))
    const { rows } = await later.message(is('measured'))
    const table = storedBytes(storage, 'one', 'linearity.csv').toString().trim().split('\n')
    expect(table).toHaveLength(later.messages.filter(is('measured')).flatMap((one) => one.rows).length + 1)
    expect(rows.length).toBeGreaterThan(0)
    const path = join(storage.path, 'runs/one/checkpoints/epoch-0002.safetensors')
    const bytes = readFileSync(path)
    bytes[bytes.length - 5] ^= 1
    writeFileSync(path, bytes)
    const third = openTestSession({ storage })
    third.handle(measure(2, 'epoch-0002.safetensors'))
    expect((await third.message(is('measure-failed'))).message).toMatch(/epoch-0002\.safetensors is damaged/)
    third.handle(measure(3, 'epoch-0009.safetensors'))
    const missing = await third.message(
      (one): one is Of<'measure-failed'> => is('measure-failed')(one) && one.request === 3,
    )
    expect(missing.message).toMatch(/does not have epoch-0009/)
  })

  it('is refused while another tab trains it', async () => {
    const session = openTestSession()
    session.handle(start('one'))
    session.handle({ type: 'pause' })
    await session.event('activity', ({ activity }) => activity === 'paused')
    const noGpu = () => Promise.reject(new DeviceError('no-webgpu', 'None is needed.'))
    const other = openTestSession({ storage: session.storage, host: { openGpu: noGpu } })
    other.handle(start('one', resume))
    expect((await other.message(is('failure'))).message).toMatch(/trains in another tab/)
    session.handle({ type: 'resume' })
    await finished(session)
  })

  it('loses no event where storage is full: the page has all of them, and the log has whole lines', async () => {
    const session = openTestSession()
    session.handle(start('one'))
    session.handle({ type: 'pause' })
    await session.event('activity', ({ activity }) => activity === 'paused')
    session.storage.quota = 0
    session.handle({ type: 'resume' })
    await finished(session)
    expect((await session.message(is('not-stored'))).message).toMatch(/storage is full.*export the run/)
    const posted = session.events().flatMap((event) => (event.type === 'step' ? [event.step] : []))
    expect(posted).toEqual(posted.map((_, i) => i + 1))
    expect(posted.length).toBeGreaterThan(3)
    const log = storedBytes(session.storage, 'one', 'events.jsonl').toString()
    expect(log.endsWith('\n')).toBe(true)
    session.storage.quota = Number.POSITIVE_INFINITY
    const again = openTestSession({ storage: session.storage })
    again.handle(start('one', resume))
    await finished(again)
    const plain = openTestSession()
    plain.handle(start('one'))
    await finished(plain)
    expect(await difference(session.storage, 'one', 'one', plain.storage)).toBe(null)
  })
})
