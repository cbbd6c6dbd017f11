/** A crash at every operation of the storage: the run then resumes to the same bytes, and no recorded control is lost. */
import { describe, expect, test } from 'vitest'
import type { LoggedEvent } from '../../protocol/run-events.ts'
import { type Fault, type MemoryFiles, memoryFiles } from '../../testing/memory-files.ts'
import { type ToyTraining, toyName, toyTrain } from '../../testing/toy-trainer.ts'
import { openRunReader } from './reader.ts'

type Contents = ReadonlyMap<string, Uint8Array<ArrayBuffer>>

const schedule = { held: false, alpha: 0 }
/** The user holds α in steps 2 to 4. */
const user: ToyTraining['control'] = (step) => (step >= 2 && step <= 4 ? { held: true, alpha: step / 8 } : schedule)
/** Another α in every step, so that a control that was not repeated is seen. */
const later: ToyTraining['control'] = (step) => ({ held: true, alpha: -step })

const textOf = (contents: Contents, path: string) => new TextDecoder().decode(contents.get(path))

/** The step events of a log, also of one that ends within a line. */
const stepsOf = (contents: Contents) =>
  textOf(contents, 'events.jsonl')
    .split('\n')
    .flatMap((line): Extract<LoggedEvent, { type: 'step' }>[] => {
      try {
        const event = JSON.parse(line) as LoggedEvent
        return event.type === 'step' ? [event] : []
      } catch {
        return []
      }
    })

const results = ['step', 'evaluation', 'probe', 'checkpoint']

/** Everything that has to be the same bytes. */
function resultOf(contents: Contents) {
  const events = textOf(contents, 'events.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LoggedEvent)
    .filter(({ type }) => results.includes(type))
    .map(({ time: _, ...event }) => ('gpuBytes' in event ? { ...event, gpuBytes: 0 } : event))
  const files = [...contents].filter(([path]) => /^checkpoints|units\.bin|\.csv$/.test(path)).sort()
  return { events, files: files.map(([path, bytes]) => [path, Buffer.from(bytes).toString('hex')]) }
}

/** The result of an uninterrupted run with given controls. */
async function uninterrupted(training: ToyTraining) {
  const files = memoryFiles()
  await toyTrain(files, training)
  return resultOf(files.contents)
}

async function crashing(files: MemoryFiles, training: ToyTraining): Promise<void> {
  await expect(toyTrain(files, training)).rejects.toThrow(/append|replace|remove|open|sync|close|read|list/)
}

const beforeStep5 = (path: string, { contents }: MemoryFiles) =>
  path === 'events.jsonl' && stepsOf(contents).length === 4

const faultOf = (kind: string, fault: Fault): Fault => (kind === 'append' || fault !== 'part' ? fault : 'before')

/** Requires that a finished run has the bytes of an uninterrupted one with its own controls, and the controls of `before`. */
async function requireSame(
  contents: Contents,
  before: readonly Contents[],
  what: string,
  training: Partial<ToyTraining> = {},
): Promise<void> {
  const controls = new Map(stepsOf(contents).map((step) => [step.step, step]))
  for (const { step, held, alpha } of before.flatMap(stepsOf))
    expect(controls.get(step), `${what}, step ${step}`).toMatchObject({ held, alpha })
  const expected = await uninterrupted({ ...training, control: (step) => controls.get(step) ?? schedule })
  expect(resultOf(contents), what).toEqual(expected)
}

async function operationsOf(initial: Contents, control: ToyTraining['control']): Promise<number> {
  const files = memoryFiles(initial)
  await toyTrain(files, { control })
  return files.operations()
}

const losses = [
  ['process', 'contents'],
  ['power', 'durable'],
] as const

describe.each(losses)('after the end of the %s', (_, left) => {
  test.each<Fault>(['before', 'part', 'after'])('%s any operation, a run resumes to the same bytes', async (fault) => {
    const count = await operationsOf(new Map(), user)
    expect(count).toBeGreaterThan(100)
    for (let at = 0; at < count; at++) {
      const files = memoryFiles(new Map(), { crash: ({ kind, index }) => (index === at ? faultOf(kind, fault) : null) })
      await crashing(files, { control: user })
      const again = memoryFiles(files[left])
      await toyTrain(again, { control: later })
      await requireSame(again.contents, [files[left]], `operation ${at}`)
    }
  })

  test('of resuming, at any of its operations, it resumes to the same bytes', async () => {
    const training = { resumeSteps: 100, stepsPerEpoch: 6, epochs: 1 }
    // The only point is that of the initialization; behind it, the user held α in steps 2 to 4.
    const first: MemoryFiles = memoryFiles(new Map(), {
      crash: ({ path }) => (beforeStep5(path, first) ? 'before' : null),
    })
    await crashing(first, { ...training, control: user })
    expect(stepsOf(first.contents)).toHaveLength(4)
    const counting = memoryFiles(first[left])
    await toyTrain(counting, { ...training, control: later })
    for (let at = 0; at < counting.operations(); at++) {
      const second = memoryFiles(first[left], { crash: ({ index }) => (index === at ? 'after' : null) })
      await crashing(second, { ...training, control: later })
      const third = memoryFiles(second[left])
      await toyTrain(third, { ...training, control: (step) => ({ held: true, alpha: 100 * step }) })
      await requireSame(third.contents, [first[left], second[left]], `operation ${at}`, training)
    }
  })
})

test('a run that was interrupted again and again says so in its log, and has every event once', async () => {
  const first: MemoryFiles = memoryFiles(new Map(), {
    crash: ({ path }) => (beforeStep5(path, first) ? 'before' : null),
  })
  await crashing(first, { control: user })
  const second: MemoryFiles = memoryFiles(first.contents, {
    crash: ({ kind, path }) => (kind === 'replace' && path === 'checkpoints/epoch-0002.safetensors' ? 'before' : null),
  })
  await crashing(second, { control: user })
  const third = memoryFiles(second.contents)
  await toyTrain(third, { control: user })
  const starts: number[] = []
  const run = await openRunReader(third, toyName)
  for await (const event of run.events()) if (event.type === 'start') starts.push(event.fromStep)
  expect(starts).toEqual([0, 3, 4])
  expect(stepsOf(third.contents).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6])
})
