import { expect, it } from 'vitest'
import { parseConfig } from '../config/config.ts'
import type { LoggedEvent, StartEvent } from '../protocol/run-events.ts'
import { startEvent, stepEvent } from '../testing/events.ts'
import { repeatedRecord, segmentText } from './repeat.ts'

const config = (changes: object = {}) => parseConfig({ train: { epochs: 2 }, ...changes })

const start = (fromStep: number, changes: object = {}, more: Partial<StartEvent> = {}): LoggedEvent => ({
  ...startEvent,
  config: config(changes),
  fromStep,
  time: 0,
  ...more,
})
const step = (number: number) => stepEvent(number, 0) as LoggedEvent
const end = (reason: 'finished' | 'stopped'): LoggedEvent => ({
  ...{ type: 'end', reason, step: 3, epoch: 1, time: 0, message: '', advice: '' },
})

const read = (...events: LoggedEvent[]) =>
  repeatedRecord(
    (async function* () {
      yield* events
    })(),
  )

it('a run that resumed without other settings is one part', async () => {
  const idle = { name: 'x', checkpoint: { resumeSeconds: 5 }, data: { source: 'moved' } }
  const record = await read(start(0), step(1), end('stopped'), start(1, idle), step(2), end('finished'))
  expect(record).toMatchObject({ segments: [{ fromStep: 0, momentum: 'kept' }], step: 2, ended: true })
  expect(record.controls.map((control) => control.step)).toEqual([1, 2])
})

it('forks and extended runs have parts, of which the last start at a step counts', async () => {
  const fork = { kind: 'fork', id: 'a', name: 'a', step: 2, epoch: 1, momentum: 'zero' } as const
  const slow = { optimizer: { learningRate: 0.01 } }
  const longer = { ...slow, train: { epochs: 5 } }
  const record = await read(
    ...[start(0), step(1), step(2), start(2, { seed: 7 }), start(2, slow, { parent: fork }), step(3), end('finished')],
    ...[start(3, longer), step(4)],
  )
  expect(record.segments.map(({ fromStep, momentum }) => [fromStep, momentum])).toEqual([
    [0, 'kept'],
    [2, 'zero'],
    [3, 'kept'],
  ])
  expect(segmentText(record.segments[1], record.segments[2])).toBe('train.epochs = 5')
  expect([record.step, record.ended]).toEqual([4, false])
})
