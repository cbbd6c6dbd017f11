import { describe, expect, it } from 'vitest'
import type { EndReason, RunEvent } from '../../protocol/run-events.ts'
import { expandPlan, type PlannedRun, parsePlan } from '../plan.ts'
import { createGate, type FoundRun, type QueueEvent, type QueueHost, runPlan } from './run-plan.ts'

const runs = expandPlan(
  parsePlan({ name: 'toy', base: { train: { epochs: 2 } }, arms: [{ name: 'a' }, { name: 'b' }], seeds: [1, 2] }),
)

const end = (reason: EndReason): RunEvent => ({
  type: 'end',
  reason,
  step: 2,
  epoch: 2,
  message: `It ${reason}.`,
  advice: '',
})
const activity = (epoch: number): RunEvent => ({ type: 'activity', activity: 'training', step: epoch, epoch })

async function* whole(reason: EndReason = 'finished'): AsyncGenerator<RunEvent> {
  yield activity(0)
  yield activity(1)
  yield end(reason)
}

/** A host without runs, which records the calls of the queue. */
function host(changes: Partial<QueueHost> = {}) {
  const calls: string[] = []
  const own: QueueHost = {
    find: async () => 'new',
    runOne: (run, resumed) => {
      calls.push(`${resumed ? 'resume' : 'train'} ${run.name}`)
      return whole()
    },
    measure: async (run) => void calls.push(`measure ${run.name}`),
    ...changes,
  }
  return { own, calls }
}

async function collect(events: AsyncIterable<QueueEvent>): Promise<QueueEvent[]> {
  const all: QueueEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

const never = new AbortController().signal

describe('a plan’s queue', () => {
  it('trains and measures every run in order, with progress over the plan', async () => {
    const { own, calls } = host()
    const events = await collect(runPlan(runs, own, never))
    expect(calls).toEqual(runs.flatMap(({ name }) => [`train ${name}`, `measure ${name}`]))
    expect(events.at(-1)).toEqual({ type: 'plan-ended', finished: 4, failed: [], stopped: false })
    const progress = events.flatMap((event) => ('progress' in event ? [event.progress] : []))
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    expect(progress.at(-1)).toBe(1)
  })

  it('skips finished and diverged runs, and resumes interrupted ones', async () => {
    const found: Record<string, FoundRun> = {
      'a/seed-1': 'finished',
      'b/seed-1': 'interrupted',
      'a/seed-2': 'diverged',
    }
    const { own, calls } = host({ find: async ({ name }: PlannedRun) => found[name] ?? 'new' })
    const events = await collect(runPlan(runs, own, never))
    // A finished run may lack measurements.
    expect(calls).toEqual([
      'measure a/seed-1',
      'resume b/seed-1',
      'measure b/seed-1',
      'train b/seed-2',
      'measure b/seed-2',
    ])
    expect(events.filter(({ type }) => type === 'run-skipped')).toHaveLength(2)
    expect(events.at(-1)).toMatchObject({ finished: 3, failed: [{ run: { name: 'a/seed-2' }, reason: 'diverged' }] })
  })

  it('continues after a run that ends with a failure, throws, or has no end event', async () => {
    const failures: Record<string, () => AsyncIterable<RunEvent>> = {
      'a/seed-1': () => whole('out-of-memory'),
      'b/seed-1': () => {
        throw new Error('no such data source')
      },
      'a/seed-2': async function* () {
        yield activity(0)
      },
    }
    const { own, calls } = host({ runOne: ({ name }) => failures[name]?.() ?? whole() })
    const events = await collect(runPlan(runs, own, never))
    expect(calls).toEqual(['measure b/seed-2'])
    const last = events.at(-1)
    expect(last).toMatchObject({ type: 'plan-ended', finished: 1, stopped: false })
    expect(last?.type === 'plan-ended' && last.failed.map(({ message }) => message)).toEqual([
      'It out-of-memory.',
      'no such data source',
      'The run ended without an end event.',
    ])
  })

  it('continues after a measurement that fails, and reports it', async () => {
    const { own } = host({
      measure: async ({ name }) => {
        if (name === 'a/seed-1') throw new Error('no checkpoints')
      },
    })
    expect((await collect(runPlan(runs, own, never))).at(-1)).toMatchObject({
      finished: 4,
      failed: [{ run: { name: 'a/seed-1' }, message: 'The run could not be measured: no checkpoints' }],
    })
  })

  it('completes the current run when it is cancelled, and starts no other', async () => {
    const controller = new AbortController()
    const { own, calls } = host()
    const stopping: QueueHost = {
      ...own,
      runOne: (run, resumed, signal) => {
        own.runOne(run, resumed, signal)
        if (run.name !== 'b/seed-1') return whole()
        controller.abort()
        return whole('stopped')
      },
    }
    const events = await collect(runPlan(runs, stopping, controller.signal))
    expect(calls).toEqual(['train a/seed-1', 'measure a/seed-1', 'train b/seed-1'])
    expect(events.at(-1)).toEqual({ type: 'plan-ended', finished: 1, failed: [], stopped: true })
  })

  it('waits between runs while it is paused, and can be cancelled there', async () => {
    const gate = createGate()
    const controller = new AbortController()
    const { own, calls } = host({ proceed: gate.proceed })
    const events: QueueEvent[] = []
    const running = (async () => {
      for await (const event of runPlan(runs, own, controller.signal)) {
        events.push(event)
        if (event.type === 'measured' && event.index < 2) gate.pause()
      }
    })()
    const settled = () => new Promise((resolve) => setTimeout(resolve, 5))
    await settled()
    expect(calls).toHaveLength(2)
    gate.open()
    await settled()
    expect(calls).toHaveLength(4)
    expect(gate.paused()).toBe(true)
    controller.abort()
    await running
    expect(calls).toHaveLength(4)
    expect(events.at(-1)).toMatchObject({ finished: 2, stopped: true })
  })
})
