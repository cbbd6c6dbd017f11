import { expect, test, vi } from 'vitest'
import type { LabCommand } from '../../protocol/commands.ts'
import type { RecordedEvent } from '../../protocol/run-events.ts'
import { startEvent, stepEvent } from '../../testing/events.ts'
import { checkpoint } from '../../testing/measured-run.ts'
import { opened, settled, writeRun } from '../../testing/page.ts'

const config = { ...startEvent.config, train: { ...startEvent.config.train, epochs: 2 } }
const start: RecordedEvent = { ...startEvent, config, time: 0 }

const saved = (epoch: number): RecordedEvent => ({
  type: 'checkpoint',
  step: 10 * epoch,
  epoch,
  file: checkpoint(epoch),
  bytes: 4,
  time: 10 * epoch,
})

const steps = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => stepEvent(from + i, from + i))

const end: RecordedEvent = {
  type: 'end',
  step: 20,
  epoch: 2,
  reason: 'finished',
  message: '',
  advice: '',
  time: 30,
}

const interrupted = [start, ...steps(1, 10), saved(1), ...steps(11, 13)]
const finished = [start, ...steps(1, 10), saved(1), ...steps(11, 20), saved(2), end]

const sealed = (file: string) => ({ file, bytes: 4, sha256: '0'.repeat(64) })

const point = {
  step: 10,
  epoch: 1,
  batch: 0,
  weights: sealed(`checkpoints/${checkpoint(1)}`),
  momentum: sealed('resume/epoch-0001.momentum.safetensors'),
  logs: { events: 10, units: 0 },
  checkpoint: checkpoint(1),
  savedStep: 10,
}

/** A later visit, with one run in the list. */
async function visited(events: readonly RecordedEvent[]) {
  const page = opened()
  await writeRun(page.folders, 'mother', events, 1)
  await page.folders.edit('mother').replace('resume/points.json', JSON.stringify({ format: 2, points: [point] }))
  await page.experiments.openLibrary()
  const command = () =>
    vi.waitFor(() => {
      const found = page.sent.findLast((one): one is Extract<LabCommand, { type: 'start' }> => one.type === 'start')
      if (!found) throw new Error('nothing was started')
      return found
    })
  return { ...page, command }
}

test('an interrupted run goes on with its record, which is cut at the point that the worker chose', async () => {
  const page = await visited(interrupted)
  expect(page.listed()).toMatchObject([{ state: 'interrupted', facts: { points: [{ step: 10, epoch: 1 }] } }])
  const ended = page.experiments.resumeRun('mother')
  expect(await page.command()).toMatchObject({
    runId: 'mother',
    config,
    from: { kind: 'resume', acceptChanged: false },
  })
  page.event({ ...startEvent, config, fromStep: 10, resumed: { reason: 'user', message: '' }, time: 20 })
  expect(page.series.current()?.steps.length).toBe(10)
  expect(page.state().run).toMatchObject({ id: 'mother', status: 'running' })
  for (const event of steps(11, 20)) page.event(event)
  page.event(end)
  await ended
  expect(page.series.current()?.steps.length).toBe(20)
  expect(page.experiments.store.getState().problems).toEqual([])
})

test('a finished run is extended under its own id', async () => {
  const page = await visited(finished)
  void page.experiments.extendRun('mother', 5)
  expect(await page.command()).toMatchObject({
    runId: 'mother',
    config: { train: { epochs: 5 } },
    from: { kind: 'resume' },
  })
})

test('a fork is a new run, shown with its parent’s record up to the point', async () => {
  const page = await visited(finished)
  const changes = 'optimizer.learningRate=0.01'
  const ended = page.experiments.forkRun('mother', { step: 10, name: 'child', changes })
  const command = await page.command()
  expect(command).toMatchObject({
    name: 'child',
    config: { name: 'child', optimizer: { learningRate: 0.01 } },
    from: { kind: 'fork', parent: 'mother', point: { step: 10 } },
  })
  expect(command.runId).not.toBe('mother')
  const parent = { kind: 'fork', id: 'mother', name: 'mother', step: 10, epoch: 1, momentum: 'kept' } as const
  page.event({ ...startEvent, config: command.config, fromStep: 10, parent, time: 20 })
  const run = page.series.current()
  expect([run?.id, run?.steps.length, run?.checkpoints.length]).toEqual([command.runId, 10, 1])
  page.event({ ...end, step: 10, epoch: 1 })
  await ended
  await vi.waitFor(() => expect(page.series.snapshot().parent?.id).toBe('mother'))
})

test('a fork that changes what it must keep does not begin', async () => {
  const page = await visited(finished)
  await page.experiments.forkRun('mother', { step: 10, name: 'child', changes: 'model.width=3' })
  expect(page.experiments.store.getState().problems).toEqual([expect.stringMatching(/a fork keeps model\.width/)])
  expect(page.sent.some(({ type }) => type === 'start')).toBe(false)
})

test.each([
  ['identical', finished, /is identical: 22 events/],
  [
    'different',
    finished.map((event) => (event.type === 'step' && event.step === 12 ? { ...event, loss: 7 } : event)),
    /is not identical. They differ first in the step 12: loss is 2 in the run and 7 in its repetition/,
  ],
])('a repetition that is %s is told apart', async (_, events, text) => {
  const page = await visited(finished)
  const ended = page.experiments.repeatRun('mother')
  const { runId, from } = await page.command()
  expect(from).toEqual({ kind: 'repeat', of: 'mother' })
  await writeRun(page.folders, runId, events, 2)
  for (const event of events) page.event(event)
  await ended
  expect(page.experiments.store.getState().repetition).toMatchObject({
    id: runId,
    of: 'mother',
    text: expect.stringMatching(text),
  })
})

test('a run that was extended with other settings is not repeated', async () => {
  const longer = { ...config, train: { ...config.train, epochs: 3 } }
  const page = await visited([...finished, { ...startEvent, config: longer, fromStep: 20, time: 40 }])
  await page.experiments.repeatRun('mother')
  expect(page.experiments.store.getState().problems).toEqual([expect.stringMatching(/train --repeat/)])
})

test('the settings of a run are put into the form, with the images that are open', async () => {
  const page = await visited(finished)
  page.experiments.duplicateSettings('mother')
  await settled()
  expect(page.state().config).toEqual({ ...config, data: { ...config.data, source: 'cifar10' } })
})
