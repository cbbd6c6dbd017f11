import { describe, expect, test } from 'vitest'
import type { LoggedEvent, RecordedEvent, StartEvent } from '../protocol/run-events.ts'
import type { RunParent } from '../protocol/run-record.ts'
import { startEvent, stepEvent } from '../testing/events.ts'
import { madeProbe, toySites } from '../testing/probes.ts'
import { continuations, forkOf, parentOf } from './lineage.ts'
import { append, createRun, type GrowingRun, runView } from './reduce.ts'
import { UnitsError } from './units/source.ts'

const start = (more: Partial<StartEvent> = {}): LoggedEvent => ({ ...startEvent, ...more, time: 0 })
const at = (step: number) => ({ step, epoch: step / 10, time: step })
const evaluation = (step: number, loss: number): LoggedEvent => ({
  type: 'evaluation',
  split: 'validation',
  images: 6,
  crossEntropy: loss,
  top1: 0.5,
  top5: 1,
  loss,
  ...at(step),
})
const checkpoint = (step: number): LoggedEvent => ({ type: 'checkpoint', file: `${step}`, bytes: 4, ...at(step) })
const warning = (step: number, message: string): LoggedEvent => ({ type: 'warning', message, ...at(step) })
const probe = (step: number): RecordedEvent => ({ ...madeProbe(toySites, step, step / 10), time: step })

function trained(...events: readonly (LoggedEvent | RecordedEvent)[]): GrowingRun {
  const run = createRun('a')
  for (const event of events) append(run, event)
  return run
}

const steps = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ ...stepEvent(from + i, from + i), loss: from + i }))

describe('a run that goes on from a resume point', () => {
  const first = [start(), evaluation(0, 9), probe(0), checkpoint(0), ...steps(1, 10), evaluation(10, 5), probe(10)]
  const lost = [warning(10, 'slow'), checkpoint(10), ...steps(11, 14), warning(14, 'hot')]
  const resumed = start({ fromStep: 10, resumed: { reason: 'device-lost', message: 'The GPU was lost.' } })

  test('has each step once, with what it recorded last', () => {
    const run = trained(...first, ...lost, resumed)
    expect([run.steps.length, run.warnings.length, run.time]).toEqual([10, 1, 0])
    // The point was saved before the checkpoint, which comes again.
    for (const event of [checkpoint(10), ...steps(11, 12).map((step) => ({ ...step, loss: -1 }))]) append(run, event)
    expect([...run.steps.column('step')]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect([...run.steps.column('loss')].slice(-3)).toEqual([10, -1, -1])
    expect(run.checkpoints.map(({ step }) => step)).toEqual([0, 10])
    expect(run.probes.map(({ step }) => step)).toEqual([0, 10])
    expect(run.events.filter(({ type }) => type === 'step')).toHaveLength(12)
    expect(run.events.filter(({ type }) => type === 'checkpoint')).toHaveLength(2)
    expect(run.starts).toHaveLength(2)
  })

  test('goes on after an end, and does not change earlier views', () => {
    const end: LoggedEvent = { type: 'end', reason: 'finished', message: '', advice: '', ...at(14) }
    const run = trained(...first, ...lost, end)
    const before = runView(run)
    for (const event of [resumed, ...steps(11, 20)]) append(run, { ...event, time: 99 })
    expect([before.end?.step, before.steps.length, before.events.at(-1)]).toEqual([14, 14, end])
    expect([...before.steps.column('time')].at(-1)).toBe(14)
    expect([run.end, run.steps.length]).toEqual([null, 20])
  })

  test('keeps repeated warnings and evaluations of a run that was never cut', () => {
    const run = trained(start(), warning(0, 'x'), warning(0, 'x'), evaluation(0, 1), evaluation(0, 2))
    expect([run.warnings.length, run.evaluations.length]).toEqual([2, 2])
  })
})

describe('the origin of a run', () => {
  const parent: RunParent = { kind: 'fork', id: 'p', name: 'baseline', step: 10, epoch: 1, momentum: 'zero' }

  test('is its newest parent, and every continuation has a mark', () => {
    const run = trained(
      start(),
      ...steps(1, 10),
      start({ fromStep: 10, parent }),
      ...steps(11, 15),
      start({ fromStep: 15, resumed: { reason: 'worker-crashed', message: 'It ran out of memory.' }, parent }),
      ...steps(16, 16),
      start({ fromStep: 16, resumed: { reason: 'user', message: '' }, parent }),
    )
    expect(forkOf(run)).toEqual(parent)
    expect(continuations(run)).toEqual([
      { step: 10, epoch: 1, kind: 'fork', text: 'Forked from baseline: its momentum begins with zeros.' },
      {
        step: 15,
        epoch: 1.5,
        kind: 'resumed',
        text: 'Resumed after the training worker stopped: It ran out of memory.',
      },
      { step: 16, epoch: 1.6, kind: 'resumed', text: 'Resumed.' },
    ])
  })

  test('is no fork for a repetition and for a run of its own', () => {
    const repeated = trained(start({ parent: { ...parent, kind: 'repeat', step: 0 } }))
    expect([parentOf(repeated)?.name, forkOf(repeated), continuations(repeated)]).toEqual(['baseline', null, []])
    expect([parentOf(trained(start())), continuations(trained(start()))]).toEqual([null, []])
  })
})

describe('the units of a run that trains', () => {
  test('stay packed in memory until its files have them', async () => {
    const run = trained(start(), probe(0), probe(10))
    expect(run.units.bytes()).toBe(2 * 5 * 19)
    const own = madeProbe(toySites, 10, 1)
    expect(await run.units.read(run.probes[1])).toEqual(own.sites)
    expect(run.probes[1].sites[1]).toMatchObject({ site: 'layer2.0', units: 2 })
    const empty = createRun('b').units
    run.units.release(empty)
    expect([run.units.bytes(), await run.units.read(run.probes[1])]).toEqual([0, null])
  })

  test('of another length are refused', () => {
    const run = trained(start(), probe(0))
    const [first] = run.probes
    expect(() => append(createRun('b'), first, new Uint8Array(18))).toThrow(UnitsError)
  })
})
