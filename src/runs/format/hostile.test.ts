/** Damaged and hostile files of a run's folder: a correct value or a clear error. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ResumePoint, RunInfo } from '../../protocol/run-record.ts'
import { damagedBytes, hostileJson, readOrRefused } from '../../testing/hostile.ts'
import { memoryFiles } from '../../testing/memory-files.ts'
import { encoded } from './blobs.ts'
import { infoName, newInfo, readInfo } from './info.ts'
import { choosePoint, pointsName, pointsText, readPoints } from './points.ts'
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
    fc.asyncProperty(hostileJson({ format: 2, points }), async (json) => {
      const own = filesOf({ ...files, [pointsName]: utf8(json) })
      const found = await readOrRefused(() => readPoints(own, 'a run'), [RunError])
      if (found === null) {
        refused++
        return
      }
      const whole = await choosePoint(own, found, 'a run', () => {})
      if (!whole) return
      chosen++
      const { weights, momentum } = whole.point
      expect(whole.weights).toEqual(files[weights.file])
      expect(whole.momentum).toEqual(files[momentum.file])
    }),
    { numRuns: 300 },
  )
  expect([chosen > 10, refused > 100]).toEqual([true, true])
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
      expect(whole.momentum).toEqual(files[whole.point.momentum.file])
    }),
    { numRuns: 200 },
  )
})
