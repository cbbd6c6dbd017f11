import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryFiles } from '../../testing/memory-files.ts'
import { toyName, toyTrain } from '../../testing/toy-trainer.ts'
import { encoded } from './blobs.ts'
import { parseKept } from './controls.ts'
import { readFork } from './fork.ts'
import { newInfo, parseInfo } from './info.ts'
import { jsonText } from './json-file.ts'
import { parsePoints, pointsName, readPoints } from './points.ts'
import { openRunReader } from './reader.ts'
import { prepareResume } from './resume.ts'
import { RunError } from './run-error.ts'

type Contents = Map<string, Uint8Array<ArrayBuffer>>

const training = { stepsPerEpoch: 4, epochs: 2, resumeSteps: 2, control: () => ({ held: false, alpha: 0 }) }

/** A finished run with points at steps 0, 4, 6 and 8. */
async function finished(): Promise<Contents> {
  const files = memoryFiles()
  await toyTrain(files, training)
  return new Map(files.contents)
}

const last = 'resume/epoch-0002.momentum.safetensors'

test('a damaged state is skipped with a message, at every byte, and the one before is used', async () => {
  const whole = await finished()
  const files = [
    last,
    'checkpoints/epoch-0002.safetensors',
    'resume/step-00000006.weights.safetensors',
    'resume/step-00000006.momentum.safetensors',
  ]
  const all = await readPoints(memoryFiles(whole), toyName)
  expect(all.map(({ step }) => step)).toEqual([0, 4, 6, 8])
  for (const [i, path] of files.entries()) {
    const bytes = whole.get(path) as Uint8Array<ArrayBuffer>
    for (let at = 0; at < bytes.length; at += 3) {
      const flipped = bytes.slice()
      flipped[at] ^= 0x10
      const damaged = new Map(whole).set(path, at % 2 === 0 ? flipped : bytes.slice(0, at))
      if (i >= 2) damaged.delete(last)
      const { point, messages } = await prepareResume(memoryFiles(damaged), toyName)
      expect(point.step).toBe(i < 2 ? 6 : 4)
      expect(messages.at(-1)).toMatch(
        new RegExp(`^The resume point of step ${i < 2 ? 8 : 6} was skipped: ${path} is damaged`),
      )
    }
  }
})

test('a held α stays held, also where nothing is recorded behind the point', async () => {
  const files = memoryFiles()
  await toyTrain(files, { ...training, control: (step) => ({ held: step > 2, alpha: step > 2 ? -4 : 0 }) })
  expect((await prepareResume(files, toyName)).controls).toEqual([{ step: 8, held: true, alpha: -4 }])
  const earlier = new Map([...files.contents].filter(([path]) => path !== last))
  expect((await prepareResume(memoryFiles(earlier), toyName)).controls.map(({ step }) => step)).toEqual([7, 8])
})

test('a run whose newest state is damaged resumes to the same bytes', async () => {
  const whole = await finished()
  const files = memoryFiles(new Map([...whole].filter(([path]) => path !== last)))
  expect(await toyTrain(files, training)).toEqual([`The resume point of step 8 was skipped: ${last} is missing.`])
  for (const path of ['units.bin', 'metrics.csv', 'selectivity.csv', last, 'checkpoints/epoch-0002.safetensors'])
    expect(files.contents.get(path), path).toEqual(whole.get(path))
})

test('a log that is shorter than a point, or ends a line elsewhere, rules the point out', async () => {
  const whole = await finished()
  const points = await readPoints(memoryFiles(whole), toyName)
  for (const path of ['events.jsonl', 'units.bin'] as const) {
    const own = whole.get(path) as Uint8Array<ArrayBuffer>
    const length = points[3].logs[path === 'units.bin' ? 'units' : 'events'] - 1
    const { point, messages } = await prepareResume(
      memoryFiles(new Map(whole).set(path, own.slice(0, length))),
      toyName,
    )
    expect(point.step).toBe(6)
    expect(messages[0]).toMatch(new RegExp(`${path} has ${length} bytes instead of at least ${length + 1}`))
  }
  const moved = points.map((point) => ({ ...point, logs: { ...point.logs, events: point.logs.events - 5 } }))
  const files = memoryFiles(new Map(whole).set(pointsName, encoded(jsonText({ format: 2, points: moved }))))
  await expect(prepareResume(files, toyName)).rejects.toThrow(
    /is whole\. The resume point of step \d+ was skipped: .*\. Restore the file, or train into/,
  )
})

/** The log with another digit for the loss of a step. */
function withOtherLoss(log: Uint8Array<ArrayBuffer>, step: number): Uint8Array<ArrayBuffer> {
  const text = new TextDecoder().decode(log)
  const lines = text.split('\n')
  const at = lines.findIndex((line) => line.includes('"type":"step"') && line.includes(`"step":${step},`))
  lines[at] = lines[at].replace(/("loss":-?)(\d)/, (_, before, digit) => `${before}${(Number(digit) + 1) % 10}`)
  return encoded(lines.join('\n'))
}

test('a log with another digit rules out the points behind it, also in a fork and after a resumption', async () => {
  const whole = await finished()
  const resumed = memoryFiles(new Map([...whole].filter(([path]) => path !== last)))
  await toyTrain(resumed, training)
  for (const contents of [whole, new Map(resumed.contents)]) {
    const log = contents.get('events.jsonl') as Uint8Array<ArrayBuffer>
    for (const [step, before] of [
      [8, 6],
      [5, 4],
      [2, 0],
    ]) {
      const damaged = new Map(contents).set('events.jsonl', withOtherLoss(log, step))
      const fork = readFork(await openRunReader(memoryFiles(damaged), toyName), { step: 8 })
      await expect(fork).rejects.toThrow(/^toy: the first \d+ bytes of events\.jsonl are damaged/)
      const files = memoryFiles(damaged)
      const { point, messages } = await prepareResume(files, toyName)
      expect(point.step).toBe(before)
      expect(messages[0]).toMatch(
        /^The resume point of step 8 was skipped: the first \d+ bytes of events\.jsonl are damaged \(their checksum/,
      )
    }
  }
})

test('a point of an earlier version, which has no checksums, still counts; one that lost a checksum does not', async () => {
  const whole = await finished()
  const points = await readPoints(memoryFiles(whole), toyName)
  const resumed = async (changed: readonly object[]) => {
    const files = memoryFiles(new Map(whole).set(pointsName, encoded(jsonText({ format: 2, points: changed }))))
    return (await prepareResume(files, toyName)).point.step
  }
  const lost = points.map(({ logs: { crc32: _, ...logs }, ...point }) => ({ ...point, logs }))
  expect(await resumed([...points.slice(0, 3), ...lost.slice(3)])).toBe(6)
  expect(await resumed(lost.map(({ crc32: _, ...point }) => point))).toBe(8)
})

test('with other images, only the end of an epoch counts', async () => {
  const whole = await finished()
  whole.delete(last)
  const files = memoryFiles(whole)
  expect((await prepareResume(files, toyName, { epochEnds: true })).point.step).toBe(4)
})

test('a storage that fails is no damage: nothing is skipped or cut', async () => {
  const whole = await finished()
  const files = memoryFiles(whole, { refuse: ({ kind, path }) => (kind === 'read' && path === last ? 'before' : null) })
  await expect(prepareResume(files, toyName)).rejects.toThrow(/^toy: cannot read resume\/epoch-0002/)
  expect(files.contents).toEqual(whole)
})

test('extending a finished run gives the bytes of a longer one', async () => {
  const longer = memoryFiles()
  await toyTrain(longer, { ...training, epochs: 3 })
  const files = memoryFiles(await finished())
  await toyTrain(files, { ...training, epochs: 3 })
  for (const path of ['units.bin', 'metrics.csv', 'selectivity.csv'])
    expect(files.contents.get(path)).toEqual(longer.contents.get(path))
  const ends = []
  for await (const event of (await openRunReader(files, toyName)).events())
    if (event.type === 'end') ends.push(event.step)
  expect(ends).toEqual([12])
})

const info = newInfo({ id: 'a', created: 1, name: 'mine' })
const kept = { format: 2, controls: [{ step: 1, held: true, alpha: 0.5 }], events: [] }

test('files that were damaged or made up give an error that names the file, never another one', async () => {
  const { points } = JSON.parse(new TextDecoder().decode((await finished()).get(pointsName)))
  const parsers: [string, unknown, (value: unknown) => unknown][] = [
    ['run.json', info, (value) => parseInfo(value, 'mine')],
    ['resume/points.json', { format: 2, points }, (value) => parsePoints(value, 'mine')],
    ['resume/controls.json', kept, (value) => parseKept(value, 'mine')],
  ]
  for (const [path, value, parse] of parsers) {
    expect(() => parse(value)).not.toThrow()
    const check = (other: unknown) => {
      try {
        parse(other)
      } catch (error) {
        expect(error).toBeInstanceOf(RunError)
        expect((error as Error).message).toContain(path)
      }
    }
    fc.assert(fc.property(fc.jsonValue(), check))
    const text = JSON.stringify(value)
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
        let other: unknown
        try {
          other = JSON.parse(text.slice(0, at) + character + text.slice(at + 1))
        } catch {
          return
        }
        check(other)
      }),
    )
  }
  for (const file of ['../x', 'checkpoints/../../x', '/etc/passwd', 'resume/.x', 'run.json', 'resume/a/b'])
    expect(() => parsePoints({ points: [{ ...points[0], weights: { ...points[0].weights, file } }] }, 'mine')).toThrow(
      RunError,
    )
})
