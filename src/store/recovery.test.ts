import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { report, startEvent, stepEvent } from '../testing/events.ts'
import { readyLab, runningLab } from '../testing/lab.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const end = { type: 'end', step: 3, epoch: 0.3, reason: 'stopped', message: '', advice: '', time: 10 } as const

test('when a dataset replaces another in the worker and the next one is refused, the shown one is read again', () => {
  const { lab, sent, state, answer } = readyLab()
  lab.readArchive(new File([], 'second.zip'))
  lab.readArchive(new File([], 'third.zip'))
  answer({ type: 'data', request: 2, report: { ...report, source: 'second.zip' }, samples: [], secondsPerImage: null })
  answer({ type: 'data-refused', request: 3, message: 'third.zip is no archive', cancelled: false })
  expect(state().data).toMatchObject({ status: 'refused', previous: { report: { source: report.source } } })
  lab.start()
  expect(sent.at(-1)).toMatchObject({ type: 'read-data', input: { kind: 'cifar10' } })
})

test('a crash between the first event and the start of a run shows the run before it again', () => {
  const { lab, state, series, event, workers } = runningLab()
  event(end)
  const first = series.current()
  lab.start()
  event({ type: 'activity', activity: 'preparing', step: 0, epoch: 0, time: 0 })
  workers.at(-1)?.onCrash('out of memory')
  expect(series.current()).toBe(first)
  expect(series.earlier()).toEqual([])
  expect(state().run).toMatchObject({ status: 'ended', id: first?.id, end: { reason: 'stopped' } })
})

test('a crash between the first event and the start of the first run leaves the page without a run', () => {
  const { lab, state, series, event, workers } = readyLab()
  lab.start()
  event({ type: 'activity', activity: 'preparing', step: 0, epoch: 0, time: 0 })
  workers.at(-1)?.onCrash('out of memory')
  expect([series.current(), state().run.status, state().run.id]).toEqual([null, 'idle', null])
})

test('replacing a worker whose GPU is gone ends its measurement, and its run where nothing is saved', async () => {
  const { lab, state, series, event, answer } = runningLab()
  event(stepEvent(1, 1))
  event({ type: 'checkpoint', file: 'epoch-0000.safetensors', bytes: 1, step: 0, epoch: 0, time: 1 })
  lab.pause()
  const measured = lab.measureRun({ kind: 'linearity', checkpoints: [{ file: 'epoch-0000.safetensors', epoch: 0 }] })
  const rejected = expect(measured).rejects.toThrow(/replaced/)
  answer({ type: 'device-refused', reason: 'no-adapter', message: 'none' })
  lab.open()
  await rejected
  expect(state().measuring.current).toBeNull()
  expect(state().run).toMatchObject({ status: 'ended', end: { reason: 'error' } })
  expect(series.current()?.end).toBeTruthy()
  event({ ...startEvent, time: 0 })
})

test('a cache that could not be deleted is reported, and the run continues', () => {
  const { state, answer } = runningLab()
  answer({ type: 'cache-not-deleted', message: 'The cache is in use.' })
  expect(state()).toMatchObject({ failure: 'The cache is in use.', run: { status: 'running' } })
})
