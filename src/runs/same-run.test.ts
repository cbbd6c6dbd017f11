import { describe, expect, it } from 'vitest'
import type { LoggedEvent, LoggedProbe, SiteProbe } from '../protocol/run-events.ts'
import { startEvent, stepEvent } from '../testing/events.ts'
import type { LoggedRun } from './logged.ts'
import { compareRecords, differenceText } from './same-run.ts'

const step = (number: number, changes: object = {}) => ({ ...stepEvent(number, 0), ...changes }) as LoggedEvent

const units = (value: number): SiteProbe[] => [
  { site: 's', module: 'm', selectivity: [value, Number.NaN], floor: [0, 0], preferredClass: [1, 0], dead: [0, 1] },
]

const probe = (place: LoggedProbe['units']): LoggedEvent => ({
  type: 'probe',
  step: 2,
  epoch: 0.2,
  time: 5,
  images: 3,
  network: { selectivity: 0.5, floor: 0.1 },
  modules: [],
  sites: [{ site: 's', module: 'm', units: 2, selectivity: 0.5, floor: 0.1, dead: 1 }],
  units: place,
})

const checkpoint = (changes: object = {}): LoggedEvent => ({
  type: 'checkpoint',
  step: 2,
  epoch: 0.2,
  time: 9,
  file: 'epoch-0001.safetensors',
  bytes: 10,
  sha256: 'ab',
  ...changes,
})

const record = { kind: 'record', index: 0, crc32: 7 } as const

const runOf = (events: readonly LoggedEvent[], values = units(0.5)): LoggedRun => ({
  events: async function* () {
    yield* events
  },
  units: async () => values,
})

const log = [{ ...startEvent, time: 0 }, step(1), step(2), probe(record), checkpoint()]

describe('two records of a run', () => {
  it('are the same whatever their times, starts and pauses', async () => {
    const stop = checkpoint({ file: 'step-00000002.safetensors' })
    const warning = { type: 'warning', step: 1, epoch: 0.1, time: 3, message: 'x' } as const
    const again = [
      step(1, { time: 99, gpuBytes: 1 }),
      warning,
      { ...startEvent, time: 1 },
      step(2),
      stop,
      ...log.slice(3),
    ]
    expect(await compareRecords(runOf(log), runOf(again))).toEqual({ same: 4, difference: null })
  })

  it.each([
    ['a loss', [1, step(1, { loss: 3 })], { type: 'step', step: 1, field: 'loss', first: 2, second: 3 }],
    ['α', [2, step(2, { alpha: -1 })], { type: 'step', step: 2, field: 'alpha', first: 0, second: -1 }],
    ['weights', [4, checkpoint({ sha256: 'cd' })], { type: 'checkpoint', field: 'sha256', first: 'ab', second: 'cd' }],
    ['the order', [3, checkpoint()], { type: 'probe', field: 'type', first: 'probe', second: 'checkpoint' }],
  ] as const)('differ in %s', async (_, [at, event], difference) => {
    const found = await compareRecords(runOf(log), runOf(log.with(at, event)))
    expect(found).toMatchObject({ same: at - 1, difference })
  })

  it('differ where one ends earlier', async () => {
    const [whole, shorter] = [runOf(log), runOf(log.slice(0, -1))]
    for (const [first, second, where] of [
      [whole, shorter, 'A'],
      [shorter, whole, 'B'],
    ] as const) {
      const { same, difference } = await compareRecords(first, second)
      expect([same, difference?.field]).toEqual([3, null])
      if (difference)
        expect(differenceText(difference, 'A', 'B')).toBe(`The checkpoint after step 2 is only in ${where}.`)
    }
  })

  it('are compared unit by unit where their checksums do not prove that they are the same', async () => {
    const line = runOf(log.with(3, probe({ kind: 'line', at: 0, bytes: 9 })))
    expect((await compareRecords(runOf(log), line)).difference).toBe(null)
    const other = runOf(log.with(3, probe({ ...record, crc32: 8 })), units(0.25))
    const { difference } = await compareRecords(runOf(log), other)
    expect(difference).toMatchObject({ type: 'probe', field: 'sites.0.selectivity.0', first: 0.5, second: 0.25 })
    if (difference)
      expect(differenceText(difference, 'A', 'B')).toBe(
        'They differ first in the probe after step 2: sites.0.selectivity.0 is 0.5 in A and 0.25 in B.',
      )
  })

  it('are compared without what only one of them has: hashes of checkpoints, and units', async () => {
    const { sha256: _, ...old } = checkpoint() as Extract<LoggedEvent, { type: 'checkpoint' }>
    const before = runOf([...log.slice(0, 3), probe(null), old])
    const withNone = { ...before, units: async () => null }
    expect(await compareRecords(withNone, runOf(log))).toEqual({ same: 4, difference: null })
  })
})
