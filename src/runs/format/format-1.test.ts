import { expect, test } from 'vitest'
import type { LoggedEvent, LoggedProbe, SiteProbe } from '../../protocol/run-events.ts'
import { type MemoryFiles, memoryFiles } from '../../testing/memory-files.ts'
import { oldFiles } from '../../testing/old-runs.ts'
import { encoded } from './blobs.ts'
import { metadataOf } from './format-1.ts'
import { openRunReader } from './reader.ts'
import { prepareResume } from './resume.ts'
import { RunError } from './run-error.ts'
import { openRunWriter } from './writer.ts'

type Contents = ReadonlyMap<string, Uint8Array<ArrayBuffer>>

async function eventsIn(files: MemoryFiles): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = []
  for await (const event of (await openRunReader(files, 'old')).events()) events.push(event)
  return events
}

async function unitsIn(files: MemoryFiles): Promise<(readonly SiteProbe[] | null)[]> {
  const run = await openRunReader(files, 'old')
  const probes = (await eventsIn(files)).filter(
    (event): event is LoggedProbe & { time: number } => event.type === 'probe',
  )
  return Promise.all(probes.map((probe) => run.units(probe)))
}

const textOf = (contents: Contents, path: string) => new TextDecoder().decode(contents.get(path))

const withoutPlace = (event: LoggedEvent) => (event.type === 'probe' ? { ...event, units: null } : event)

/** The state of training of a resumed run, and its files once its writer has opened and closed them. */
async function resumed(files: MemoryFiles) {
  const prepared = await prepareResume(files, 'old')
  const writer = await openRunWriter(files, { name: 'old', now: () => 0, later: () => () => {}, csv: true })
  await writer.close()
  return prepared
}

/** The rows of a CSV file of the finished run up to a step. */
const rowsTo = (path: string, step: number) => {
  const [header, ...rows] = textOf(oldFiles('finished'), path).trimEnd().split('\n')
  return `${[header, ...rows.filter((row) => Number(row.split(',')[0]) <= step)].join('\n')}\n`
}

test.each([
  ['interrupted', 3, 1],
  ['finished', 6, 2],
] as const)('the %s run goes on in this format behind its last epoch', async (name, step, epoch) => {
  const [before, files] = [memoryFiles(oldFiles(name)), memoryFiles(oldFiles(name))]
  const { point, weights, momentum, measured, messages } = await resumed(files)
  const checkpoint = `epoch-000${epoch}.safetensors`
  expect(point).toMatchObject({ step, epoch, batch: 0, checkpoint, savedStep: step })
  expect([measured, messages]).toEqual([true, []])
  expect(weights).toEqual(before.contents.get(`checkpoints/${checkpoint}`))
  expect(momentum).toEqual(before.contents.get('resume/momentum.safetensors'))
  const events = await eventsIn(files)
  expect(events.at(-1)).toMatchObject({ type: 'checkpoint', file: checkpoint })
  expect(events.map(withoutPlace)).toEqual((await eventsIn(before)).slice(0, events.length).map(withoutPlace))
  expect(events.filter((event) => event.type === 'probe' && event.units?.kind === 'record')).toHaveLength(epoch + 2)
  expect(await unitsIn(files)).toEqual((await unitsIn(before)).slice(0, epoch + 2))
  for (const path of ['metrics.csv', 'selectivity.csv'])
    expect(textOf(files.contents, path), path).toBe(rowsTo(path, step))
})

test('a crash at any operation of the conversion leaves a run that converts to the same files, with its controls', async () => {
  const whole = memoryFiles(oldFiles('interrupted'))
  const { controls } = await resumed(whole)
  expect(controls).toEqual([{ step: 4, held: false, alpha: -0.5 }])
  const logs = (contents: Contents) =>
    ['events.jsonl', 'units.bin'].map((path) => Buffer.from(contents.get(path) ?? []))
  for (let at = 0; at < whole.operations(); at++)
    for (const left of ['contents', 'durable'] as const) {
      const files = memoryFiles(oldFiles('interrupted'), { crash: ({ index }) => (index === at ? 'after' : null) })
      await expect(resumed(files)).rejects.toThrow()
      const again = memoryFiles(files[left])
      expect((await resumed(again)).controls, `operation ${at}`).toEqual(controls)
      expect(logs(again.contents), `operation ${at}`).toEqual(logs(whole.contents))
    }
})

const lines = textOf(oldFiles('finished'), 'events.jsonl').trimEnd().split('\n')
const typeAt = (type: string, step: number) =>
  lines.findIndex((line) => {
    const event = JSON.parse(line)
    return event.type === type && event.step === step
  })
const withLog = (log: readonly string[]) =>
  memoryFiles(oldFiles('finished').set('events.jsonl', encoded(log.map((line) => `${line}\n`).join(''))))

test('a checkpoint whose event was not recorded gets one', async () => {
  const at = typeAt('checkpoint', 6)
  const files = withLog(lines.slice(0, at))
  await resumed(files)
  expect((await eventsIn(files)).at(-1)).toMatchObject({ ...JSON.parse(lines[at]), time: expect.any(Number) })
})

test('a run that was stopped before its probe measures again', async () => {
  const files = withLog(lines.slice(0, typeAt('probe', 6)))
  const { point, measured } = await resumed(files)
  expect([point.step, measured]).toEqual([6, false])
  expect((await eventsIn(files)).at(-1)).toMatchObject({ type: 'step', step: 6 })
})

test('a damaged line behind the checkpoint costs only what comes after it; one before it is an error', async () => {
  const damaged = (at: number) => withLog(lines.map((line, i) => (i === at ? line.slice(0, 20) : line)))
  const { point, messages } = await resumed(damaged(lines.length - 1))
  expect(point.step).toBe(6)
  expect(messages[0]).toMatch(
    /^The run goes on from epoch-0002\.safetensors, which comes before the damage: line 39 of events\.jsonl/,
  )
  await expect(resumed(damaged(20))).rejects.toThrow(
    /^old: line 21 of events\.jsonl is not an event .* comes after it; delete that line/,
  )
})

test.each<[string, (files: Map<string, Uint8Array<ArrayBuffer>>) => unknown, RegExp]>([
  [
    'no checkpoint',
    (files) => files.delete('checkpoints/epoch-0002.safetensors'),
    /epoch-0002\.safetensors is missing/,
  ],
  [
    'no momentum',
    (files) => files.delete('resume/momentum.safetensors'),
    /has no state to resume from; train into a new/,
  ],
  ['made-up momentum', (files) => files.set('resume/momentum.safetensors', encoded('no')), /does not name its step/],
  ['a log that is too short', (files) => files.set('events.jsonl', encoded(`${lines[1]}\n`)), /ends before step 6/],
])('a run that cannot resume says why: %s', async (_, change, message) => {
  const files = oldFiles('finished')
  change(files)
  await expect(resumed(memoryFiles(files))).rejects.toThrow(message)
  await expect(resumed(memoryFiles(files))).rejects.toThrow(RunError)
})

test('a header of any length or content gives metadata or a RangeError', async () => {
  const bytes = oldFiles('finished').get('resume/momentum.safetensors') as Uint8Array<ArrayBuffer>
  expect(await metadataOf(new Blob([bytes]))).toEqual({ step: '6', checkpoint: 'epoch-0002.safetensors' })
  for (let length = 0; length < 300; length++)
    await metadataOf(new Blob([bytes.slice(0, length)])).catch((error) => expect(error).toBeInstanceOf(Error))
  const hostile = new Uint8Array(16).fill(0xff)
  await expect(metadataOf(new Blob([hostile]))).rejects.toThrow(RangeError)
})
