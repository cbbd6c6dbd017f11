import { expect, test } from 'vitest'
import type { LoggedEvent, StartEvent, StepEvent } from '../protocol/run-events.ts'
import { append, createRun } from '../runs/reduce.ts'
import { adapter, report, startEvent, stepEvent } from '../testing/events.ts'
import { disk, folderHandle } from '../testing/handles.ts'
import { openLab, settled } from '../testing/lab.ts'

const id = '20260130-120000-0001'

const stepOf = (step: number) => stepEvent(step, step) as StepEvent & { readonly time: number }

const ofSource = (source: string): StartEvent => ({
  ...startEvent,
  config: { ...startEvent.config, data: { ...startEvent.config.data, source } },
})

/** A page that has just been opened, which shows an interrupted run of 3 steps with a resume point at step 2. */
function visited(source: string, before: Parameters<typeof openLab>[0] = {}, more: readonly LoggedEvent[] = []) {
  const opened = openLab(before)
  const { lab, sent, answer } = opened
  lab.open()
  answer({ type: 'device', adapter })
  const start = ofSource(source)
  const run = createRun(id)
  const events: LoggedEvent[] = [{ ...start, time: 0 }, ...[1, 2, 3].map(stepOf), ...more]
  for (const event of events) append(run, event)
  lab.showStored({ run, point: 2 })
  const starts = () => sent.filter((command) => command.type === 'start')
  const reads = () => sent.filter((command) => command.type === 'read-data')
  const answerData = async (fingerprint = 'f00d') => {
    answer({
      type: 'data',
      report: { ...report, source, fingerprint, contents: fingerprint },
      samples: [],
      secondsPerImage: null,
    })
    await settled()
  }
  return { ...opened, start, starts, reads, answerData }
}

test('a run on CIFAR-10 reads it without a question, and goes on', async () => {
  const { lab, state, series, starts, reads, answerData, event, start } = visited('cifar10')
  expect(state().run.status).toBe('interrupted')
  void lab.resumeShown()
  await settled()
  expect(reads()).toMatchObject([{ input: { kind: 'cifar10' } }])
  expect(state().resuming).toBe(id)
  await answerData()
  expect(state()).toMatchObject({ resuming: null, run: { status: 'starting', id, point: 2, moment: { step: 3 } } })
  expect(starts()).toMatchObject([
    { runId: id, from: { kind: 'resume', mark: { reason: 'user' }, acceptChanged: false } },
  ])
  event({ ...start, fromStep: 2, resumed: { reason: 'user', message: '' }, time: 9 })
  expect(series.current()?.steps.length).toBe(2)
  expect(state().run.status).toBe('running')
})

test('a folder is read again with one permission, by the handles of the run', async () => {
  const on = disk()
  const handle = folderHandle(on, 'animals', {})
  const first = visited('animals')
  first.lab.readHandles('animals', [handle])
  await first.answerData()
  first.lab.start()
  const own = first.state().run.id ?? ''
  on.permission = 'prompt'
  expect(await first.browser.handlesOf(own)).toEqual([handle])

  const later = visited('animals', { ofRuns: { [id]: [handle] } })
  void later.lab.resumeShown()
  await settled()
  expect(on.permission).toBe('granted')
  expect(later.reads()).toMatchObject([{ input: { kind: 'handles', name: 'animals' } }])
})

test('a refused permission is explained, and the next press asks again', async () => {
  const on = { ...disk(), permission: 'prompt' as PermissionState, answer: 'denied' as PermissionState }
  const { lab, state, reads } = visited('animals', { ofRuns: { [id]: [folderHandle(on, 'animals', {})] } })
  expect(await lab.askForImages({ id, config: ofSource('animals').config })).toBe(false)
  expect(state()).toMatchObject({ resuming: null, resumeProblem: { kind: 'refused' } })
  on.permission = 'prompt'
  on.answer = 'granted'
  void lab.resumeShown()
  await settled()
  expect(state().resumeProblem).toBeNull()
  expect(reads()).toHaveLength(1)
})

test('images without handles: the page says what to choose; the run goes on once they are open, under any name', async () => {
  const { lab, state, starts, answer } = visited('dropped')
  await lab.resumeShown()
  expect(state().resumeProblem).toMatchObject({ kind: 'missing', message: expect.stringContaining('drop dropped') })
  lab.readArchive(new File([], 'renamed.zip'))
  answer({ type: 'data', report: { ...report, source: 'renamed.zip' }, samples: [], secondsPerImage: null })
  void lab.resumeShown()
  await settled()
  expect(starts()).toHaveLength(1)
})

test('changed images need the consent of the user', async () => {
  const { lab, state, starts, reads, answerData } = visited('cifar10')
  void lab.resumeShown()
  await settled()
  await answerData('beef')
  expect(state().resumeProblem).toMatchObject({ id, kind: 'changed' })
  expect(starts()).toHaveLength(0)
  void lab.resumeShown({ acceptChanged: true })
  await settled()
  expect(reads()).toHaveLength(1)
  expect(starts()).toMatchObject([{ from: { acceptChanged: true } }])
})

test('images of the same list whose contents have changed need it too, once the worker has read them', async () => {
  const { lab, state, starts, answer, answerData } = visited('cifar10')
  void lab.resumeShown()
  await settled()
  await answerData()
  expect(starts()).toHaveLength(1)
  answer({ type: 'failure', message: 'the images of cifar10 have changed', changedImages: true })
  await settled()
  expect(state().resumeProblem).toMatchObject({ id, kind: 'changed', message: 'The images of cifar10 have changed.' })
  expect([state().failure, state().run.status]).toEqual([null, 'interrupted'])
})

test('the control of α shows the value that was held, and nothing is posted while that is so', async () => {
  const held = { ...stepOf(4), alpha: -7, held: true }
  const { lab, state, sent, answerData, event, start } = visited('cifar10', {}, [held])
  void lab.resumeShown()
  await settled()
  await answerData()
  expect(state().live).toEqual({ alpha: -7, on: true, held: true })
  event({ ...start, fromStep: 2, resumed: { reason: 'user', message: '' }, time: 9 })
  for (const step of [3, 4, 5]) event({ ...stepOf(step), alpha: -7, held: step > 3 })
  expect(sent.filter(({ type }) => type === 'alpha' || type === 'hand-back')).toEqual([])
})

test('a finished run trains on with more epochs; an invalid number is refused', async () => {
  const end = { type: 'end', step: 3, epoch: 0.3, reason: 'finished', message: '', advice: '', time: 4 } as const
  const { lab, state, starts, answerData } = visited('cifar10', {}, [end])
  expect(state().run.status).toBe('ended')
  await lab.resumeShown({ epochs: -1 })
  expect(state().resumeProblem).toMatchObject({ kind: 'failed' })
  void lab.resumeShown({ epochs: 40 })
  await settled()
  await answerData()
  expect(starts()).toMatchObject([{ config: { train: { epochs: 40 } } }])
})

test('a run that cannot go on rests again, with the reason', async () => {
  const { lab, state, answer, answerData } = visited('cifar10')
  void lab.resumeShown()
  await settled()
  await answerData()
  answer({ type: 'failure', message: 'The run trains in another tab.' })
  await settled()
  expect(state()).toMatchObject({
    run: { status: 'interrupted', id, point: 2 },
    failure: 'The run trains in another tab.',
  })
})
