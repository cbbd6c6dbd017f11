/** Damaged and hostile files of a run's folder: a correct value or a clear error. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LoggedEvent } from '../../protocol/run-events.ts'
import type { ResumePoint, RunInfo } from '../../protocol/run-record.ts'
import { damagedBytes, hostileJson, readOrRefused } from '../../testing/hostile.ts'
import { memoryFiles } from '../../testing/memory-files.ts'
import { toyTrain } from '../../testing/toy-trainer.ts'
import { encoded } from './blobs.ts'
import { controlsName, readKept } from './controls.ts'
import type { RunFiles } from './files.ts'
import { infoName, newInfo, readInfo } from './info.ts'
import { choosePoint, pointsName, pointsText, readPoints } from './points.ts'
import { openRunReader } from './reader.ts'
import { prepareResume } from './resume.ts'
import { RunError } from './run-error.ts'
import { sealOf } from './seal.ts'

const utf8 = (text: string) => new Uint8Array(encoded(text))
const filesOf = (files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>) =>
  memoryFiles(new Map(Object.entries(files)))

const info: RunInfo = {
  ...newInfo({ id: '20261126-a', created: 1_790_000_000_000, name: 'baseline/seed-1' }),
  tags: ['a', 'b'],
  note: 'A note.',
  parent: { kind: 'fork', id: 'parent', name: 'b', step: 3, epoch: 1, momentum: 'kept' },
}

it('run.json with a hostile value is read as it is, or refused', async () => {
  let [kept, refused] = [0, 0]
  await fc.assert(
    fc.asyncProperty(hostileJson(info), async (json) => {
      const read = () => readInfo(filesOf({ [infoName]: utf8(json) }), 'a run')
      const found = await readOrRefused(read, [RunError])
      if (found === null) refused++
      else {
        kept++
        expect(found).toEqual(JSON.parse(json))
      }
    }),
    { numRuns: 300 },
  )
  expect([kept > 10, refused > 100]).toEqual([true, true])
})

/** Two points with their files. */
async function pointsFolder() {
  const log = utf8('{"a":1}\n{"b":2}\n')
  const files: Record<string, Uint8Array<ArrayBuffer>> = { 'events.jsonl': log, 'units.bin': new Uint8Array(38) }
  const points: ResumePoint[] = []
  for (const [i, step] of [2, 4].entries()) {
    const [weights, momentum] = await Promise.all(
      ['weights', 'momentum'].map((kind) => {
        const file = `resume/step-0000000${step}.${kind}.safetensors`
        files[file] = utf8(`${kind} of step ${step}`)
        return sealOf(file, files[file])
      }),
    )
    const logs = { events: 8 * (i + 1), units: 19 * (i + 1) }
    points.push({
      step,
      epoch: 0,
      batch: step,
      weights,
      momentum,
      logs,
      checkpoint: 'epoch-0000.safetensors',
      savedStep: 0,
    })
  }
  files[pointsName] = utf8(pointsText(points))
  return { files, points }
}

it('points.json with a hostile value gives whole points, or is refused', async () => {
  const { files, points } = await pointsFolder()
  let [chosen, refused] = [0, 0]
  await fc.assert(
    fc.asyncProperty(hostileJson(JSON.parse(pointsText(points))), async (json) => {
      const own = filesOf({ ...files, [pointsName]: utf8(json) })
      const found = await readOrRefused(() => readPoints(own, 'a run'), [RunError])
      if (found === null) {
        refused++
        return
      }
      const whole = await choosePoint(own, found, 'a run', () => {})
      if (!whole) return
      chosen++
      const { weights, momentum, step } = whole.point
      // Also no other step, length or file.
      expect(whole.point).toMatchObject(points.find((point) => point.step === step) ?? { step: 'one of the points' })
      expect(whole.weights).toEqual(files[weights.file])
      expect(whole.momentum).toEqual(momentum && files[momentum.file])
    }),
    { numRuns: 300 },
  )
  expect([chosen > 10, refused > 100]).toEqual([true, true])
})

it('a point with another digit in points.json is skipped, with a sentence, and the one before is used', async () => {
  const { files, points } = await pointsFolder()
  for (const [from, to] of [
    ['"step": 4', '"step": 5'],
    ['"batch": 4', '"batch": 3'],
    ['"events": 16', '"events": 8'],
  ]) {
    const text = pointsText(points)
    expect(text).toContain(from)
    const own = filesOf({ ...files, [pointsName]: utf8(text.replace(from, to)) })
    const said: string[] = []
    const whole = await choosePoint(own, await readPoints(own, 'a run'), 'a run', (message) => said.push(message))
    expect(whole?.point).toMatchObject(points[0])
    expect(said).toEqual([expect.stringMatching(/was skipped: its entry in resume\/points\.json is damaged\.$/)])
  }
})

it('of points whose files are damaged, the newest whole one is chosen, with a sentence about the other', async () => {
  const { files, points } = await pointsFolder()
  const names = Object.keys(files).filter((name) => name !== pointsName)
  const damage = fc.constantFrom(...names).chain((name) => fc.tuple(fc.constant(name), damagedBytes(files[name])))
  await fc.assert(
    fc.asyncProperty(damage, async ([name, { how, bytes }]) => {
      const said: string[] = []
      const own = filesOf({ ...files, [name]: bytes })
      const whole = await choosePoint(own, points, 'a run', (message) => said.push(message))
      expect(said.length, how).toBe(points.length - (whole ? points.indexOf(whole.point) + 1 : 0))
      if (!whole) return
      expect(whole.weights).toEqual(files[whole.point.weights.file])
      expect(whole.momentum).toEqual(whole.point.momentum && files[whole.point.momentum.file])
    }),
    { numRuns: 200 },
  )
})

/** The files of a run of two epochs, as its writer leaves them; interrupted before its end. */
async function wholeRun() {
  const files = memoryFiles()
  await toyTrain(files, { control: (step) => ({ held: step > 2, alpha: step / 8 }) })
  return files.contents
}

/** Everything that a run's reader gives; rejects with RunError for what is damaged. */
async function readAll(files: RunFiles) {
  const run = await openRunReader(files, 'a run')
  const events: LoggedEvent[] = []
  for await (const event of run.events()) events.push(event)
  const probes = events.filter((event) => event.type === 'probe')
  const units = []
  for (const probe of probes) units.push(await run.units(probe))
  const checkpoints = []
  for (const saved of await run.checkpoints()) checkpoints.push(await run.checkpoint(saved))
  return { events, units, checkpoints, tables: await run.tables(), points: await run.points() }
}

it('a run in whose folder any file is damaged is read as it was, or refused', async () => {
  const contents = await wholeRun()
  const whole = await readAll(memoryFiles(contents))
  const damage = fc
    .constantFrom(...contents)
    .chain(([name, bytes]) => fc.tuple(fc.constant(name), damagedBytes(bytes.slice())))
  let [kept, refused] = [0, 0]
  await fc.assert(
    fc.asyncProperty(damage, async ([name, { how, bytes }]) => {
      const files = memoryFiles(new Map([...contents, [name, bytes]]))
      const found = await readOrRefused(() => readAll(files), [RunError])
      if (found === null) {
        refused++
        return
      }
      kept++
      // A digit of a JSON file can be another, which nothing tells; the units and the weights have checksums.
      const cut = (list: readonly unknown[]) => list.slice(0, found.units.length)
      if (name !== 'events.jsonl') expect(found.units, how).toEqual(cut(whole.units))
      for (const bytes of found.checkpoints) if (bytes) expect(whole.checkpoints, how).toContainEqual(bytes)
    }),
    { numRuns: 300 },
  )
  expect([kept > 20, refused > 20]).toEqual([true, true])
})

it('a damaged run resumes from a whole point, or is refused, and nothing but a state that was saved is loaded', async () => {
  const contents = await wholeRun()
  const states = [...contents].filter(([name]) => /safetensors$/.test(name)).map(([, bytes]) => bytes)
  const damage = fc
    .constantFrom(...contents)
    .chain(([name, bytes]) => fc.tuple(fc.constant(name), damagedBytes(bytes.slice())))
  let [resumed, refused] = [0, 0]
  await fc.assert(
    fc.asyncProperty(damage, async ([name, { how, bytes }]) => {
      const files = memoryFiles(new Map([...contents, [name, bytes]]))
      const found = await readOrRefused(() => prepareResume(files, 'a run'), [RunError])
      if (found === null) {
        refused++
        return
      }
      resumed++
      expect(states, how).toContainEqual(found.weights)
      if (found.momentum) expect(states, how).toContainEqual(found.momentum)
      const { events, units } = found.point.logs
      expect([files.contents.get('events.jsonl')?.length, files.contents.get('units.bin')?.length]).toEqual([
        events,
        units,
      ])
    }),
    { numRuns: 300 },
  )
  expect([resumed > 100, refused > 5]).toEqual([true, true])
})

const kept = {
  format: 2,
  controls: [
    { step: 3, held: true, alpha: -1 },
    { step: 4, held: false, alpha: 0 },
  ],
  events: [],
}

it('controls.json with a hostile value is read as it is, or refused', async () => {
  await fc.assert(
    fc.asyncProperty(hostileJson(kept), async (json) => {
      const found = await readOrRefused(() => readKept(filesOf({ [controlsName]: utf8(json) }), 'a run'), [RunError])
      if (found === null) return
      expect(found).toEqual(JSON.parse(json))
      for (const { step, held, alpha } of found.controls)
        expect([Number.isSafeInteger(step), typeof held, Number.isFinite(alpha)]).toEqual([true, 'boolean', true])
    }),
    { numRuns: 300 },
  )
})
