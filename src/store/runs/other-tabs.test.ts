import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RecordedEvent } from '../../protocol/run-events.ts'
import { eventLine } from '../../runs/files.ts'
import { newInfo } from '../../runs/format/info.ts'
import { memoryFolders } from '../../runs/memory-folders.ts'
import { adapter, report, startEvent, stepEvent } from '../../testing/events.ts'
import { openLab, settled } from '../../testing/lab.ts'
import { createExperiments } from '../experiments/create-experiments.ts'
// Loaded on demand otherwise, which takes real time.
import '../../runs/load-run.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const id = '20260130-120000-0001'

const startOf = (fromStep = 0): RecordedEvent => ({
  ...startEvent,
  fromStep,
  ...(fromStep > 0 ? { resumed: { reason: 'device-lost', message: '' } } : {}),
  time: 0,
})

const end: RecordedEvent = { type: 'end', step: 9, epoch: 0.9, reason: 'finished', message: '', advice: '', time: 9 }

const sealed = { file: 'resume/step-00000001.weights.safetensors', bytes: 1, sha256: '0'.repeat(64) }
const logs = { events: 10, units: 0 }
const point = { step: 1, epoch: 0, batch: 1, weights: sealed, momentum: sealed, logs, checkpoint: '', savedStep: -1 }

/** A page beside a tab that trains a run: `write` replaces its log, `leave` ends its training. */
async function besideTab() {
  const training = new Set([id])
  const folders = { ...memoryFolders(), training: async () => training }
  const files = folders.edit(id)
  const write = (...events: readonly RecordedEvent[]) => files.replace('events.jsonl', events.map(eventLine).join(''))
  await files.replace('run.json', JSON.stringify(newInfo({ id, created: 1, name: 'theirs' })))
  await write(startOf(), stepEvent(1, 1))
  const page = openLab()
  const experiments = createExperiments({
    lab: page.lab,
    series: page.series,
    folders,
    catalog: { read: async () => new Map(), put: async () => {}, remove: async () => {} },
    earlier: { entries: async () => [], remove: async () => {}, alone: (work) => work() },
    storage: async () => ({ used: null, free: null, persistent: null }),
    persist: async () => {},
    now: () => 1,
    save: () => {},
    fetch: async () => new Response('', { status: 404 }),
  })
  page.lab.open()
  const turn = async (milliseconds = 1100) => {
    for (let i = 0; i < 12; i++) {
      await vi.advanceTimersByTimeAsync(milliseconds / 12)
      await settled()
    }
  }
  const opened = experiments.openLibrary()
  await turn()
  await opened
  const leave = () => training.delete(id)
  const listed = () => experiments.store.getState().runs.map(({ state }) => state)
  const steps = () => [...(page.series.shown()?.steps.column('step') ?? [])]
  return { ...page, experiments, write, leave, turn, listed, steps, training, folders, files }
}

test('a run of another tab is followed as its log grows, also when it goes on from a resume point', async () => {
  const { experiments, state, write, turn, steps, listed } = await besideTab()
  expect(listed()).toEqual(['training'])
  void experiments.followRun(id)
  await turn()
  expect(state().run).toMatchObject({ id, status: 'followed' })
  expect(steps()).toEqual([1])
  const before = [startOf(), ...[1, 2, 3, 4].map((step) => stepEvent(step, step))]
  await write(...before)
  await turn()
  expect(steps()).toEqual([1, 2, 3, 4])
  expect(state().run.moment.step).toBe(4)
  await write(...before.slice(0, 3), startOf(2))
  await turn()
  expect(steps()).toEqual([1, 2])
  await write(...before.slice(0, 3), startOf(2), stepEvent(3, 30), stepEvent(4, 40), stepEvent(5, 50))
  await turn()
  expect(steps()).toEqual([1, 2, 3, 4, 5])
})

test('when the other tab is gone, the run is interrupted and can go on here', async () => {
  const { experiments, state, turn, listed, leave, files } = await besideTab()
  await files.replace('resume/points.json', JSON.stringify({ format: 2, points: [point] }))
  void experiments.followRun(id)
  await turn()
  leave()
  await turn()
  // Its resume points are read once more.
  await vi.waitFor(() => expect(state().run).toMatchObject({ status: 'interrupted', point: 1 }))
  await turn()
  expect(listed()).toEqual(['interrupted'])
  expect(experiments.store.getState().followed).toBeNull()
})

test('when the other tab ends the run, it is shown as ended', async () => {
  const { experiments, state, turn, write, leave } = await besideTab()
  void experiments.followRun(id)
  await turn()
  await write(startOf(), stepEvent(1, 1), stepEvent(9, 9), end)
  leave()
  await turn()
  expect(state().run).toMatchObject({ status: 'ended', end: { reason: 'finished' } })
})

test('the page may stop following, and may train its own run meanwhile', async () => {
  const { experiments, lab, state, series, turn, write, answer, event } = await besideTab()
  void experiments.followRun(id)
  await turn()
  experiments.stopFollowing()
  await write(startOf(), stepEvent(1, 1), stepEvent(2, 2))
  await turn()
  expect(series.shown()?.steps.length).toBe(1)
  answer({ type: 'device', adapter })
  lab.readCifar10()
  answer({ type: 'data', report, samples: [], secondsPerImage: null })
  lab.start()
  event({ ...startEvent, time: 0 })
  void experiments.followRun(id)
  await turn()
  expect(series.shown()?.id).toBe(id)
  expect(state().run).toMatchObject({ status: 'running' })
  expect(state().run.id).not.toBe(id)
})

test('what was followed only in part is read again before it goes on here', async () => {
  const { experiments, turn, write, leave, steps, sent, answer, files } = await besideTab()
  void experiments.followRun(id)
  await turn()
  experiments.stopFollowing()
  await write(startOf(), ...[1, 2, 3].map((step) => stepEvent(step, step)))
  await files.replace('resume/points.json', JSON.stringify({ format: 2, points: [point] }))
  leave()
  await experiments.watchOthers()
  void experiments.resumeRun(id)
  await turn()
  expect(steps()).toEqual([1, 2, 3])
  answer({ type: 'device', adapter })
  answer({ type: 'data', report, samples: [], secondsPerImage: null })
  await turn()
  expect(sent.at(-1)).toMatchObject({ type: 'start', runId: id, from: { kind: 'resume' } })
})

test('opening a run of another tab follows it', async () => {
  const { experiments, turn, state } = await besideTab()
  void experiments.openRun(id)
  await turn()
  expect([experiments.store.getState().followed, state().run.status]).toEqual([id, 'followed'])
})

test('a run that another tab begins or leaves is noticed', async () => {
  const { experiments, listed, leave, training, folders } = await besideTab()
  leave()
  await experiments.watchOthers()
  expect(listed()).toEqual(['interrupted'])
  const files = folders.edit('20260130-130000-0002')
  await files.replace('run.json', JSON.stringify(newInfo({ id: '20260130-130000-0002', created: 2, name: 'new' })))
  await files.replace('events.jsonl', eventLine(startOf()))
  training.add('20260130-130000-0002')
  await experiments.watchOthers()
  expect(listed()).toEqual(['interrupted', 'training'])
})
