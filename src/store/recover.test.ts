import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { EndReason, RecordedEvent } from '../protocol/run-events.ts'
import type { ResumeReason } from '../protocol/run-record.ts'
import { report, startEvent, stepEvent } from '../testing/events.ts'
import { runningLab, settled } from '../testing/lab.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const endOf = (reason: EndReason, step: number): RecordedEvent => ({
  type: 'end',
  step,
  epoch: step / 10,
  reason,
  message: `It ended: ${reason}.`,
  advice: '',
  time: 10 * step,
})

/** A lab whose run has taken three steps and can resume from the second one. */
function savedLab() {
  const opened = runningLab()
  const { event, answer, state, sent, workers } = opened
  const runId = state().run.id ?? ''
  const saved = (step: number) => answer({ type: 'resume-point', runId, step, epoch: step / 10 })
  const pass = async (milliseconds = 10_000) => {
    await vi.advanceTimersByTimeAsync(milliseconds)
    await settled()
  }
  const restarted = (fromStep: number, reason: ResumeReason = 'device-lost') =>
    event({ ...startEvent, fromStep, resumed: { reason, message: '' }, time: 40 })
  const starts = () => sent.filter((command) => command.type === 'start')
  const crash = () => workers.at(-1)?.onCrash('it died')
  const answerData = async (fingerprint = 'f00d') => {
    const found = { ...report, fingerprint, contents: fingerprint }
    answer({ type: 'data', report: found, samples: [], secondsPerImage: null })
    await settled()
  }
  event(stepEvent(1, 10))
  event(stepEvent(2, 20))
  saved(2)
  event(stepEvent(3, 30))
  return { ...opened, runId, saved, pass, restarted, starts, crash, answerData }
}

test('a lost GPU: the run resumes by itself in the same worker, with the reason, and goes on', async () => {
  const { state, event, pass, restarted, starts, runId, workers } = savedLab()
  event(endOf('device-lost', 3))
  expect(state().run).toMatchObject({
    status: 'recovering',
    end: null,
    recovery: { cause: 'device-lost', at: { step: 3 } },
  })
  expect(starts()).toHaveLength(1)
  await pass()
  expect(starts()[1]).toMatchObject({
    runId,
    from: { kind: 'resume', mark: { reason: 'device-lost', message: 'It ended: device-lost.' }, acceptChanged: false },
  })
  expect(workers).toHaveLength(1)
  restarted(2)
  event(stepEvent(3, 50))
  expect(state().run).toMatchObject({ status: 'running', recovery: null })
})

test('a crashed worker: another one reads the images again and goes on', async () => {
  const { state, crash, pass, restarted, starts, sent, workers, answerData } = savedLab()
  crash()
  expect(state().run.status).toBe('recovering')
  expect(state().failure).toBeNull()
  await pass()
  expect(workers).toHaveLength(2)
  expect(sent.at(-1)).toMatchObject({ type: 'read-data', input: { kind: 'cifar10' } })
  expect(starts()).toHaveLength(1)
  await answerData()
  expect(starts()[1]).toMatchObject({ from: { mark: { reason: 'worker-crashed' } } })
  restarted(2, 'worker-crashed')
  expect(state().run.status).toBe('running')
})

test('lack of memory: one attempt with a new worker, then advice to use a smaller micro-batch', async () => {
  const { state, event, pass, restarted, workers, answerData } = savedLab()
  event(endOf('out-of-memory', 3))
  await pass()
  expect(workers).toHaveLength(2)
  await answerData()
  restarted(2, 'out-of-memory')
  event(endOf('out-of-memory', 2))
  expect(state().run).toMatchObject({ status: 'ended', end: { reason: 'out-of-memory' } })
  expect(state().run.end?.advice).toMatch(/train\.microBatchSize \d+ or less/)
})

test('the third failure without a new resume point ends the run; a new resume point allows more', async () => {
  const { state, event, pass, restarted, starts, saved } = savedLab()
  const fail = async (from: number) => {
    event(endOf('device-lost', from))
    await pass()
    restarted(from)
  }
  await fail(2)
  await fail(2)
  saved(4)
  await fail(4)
  await fail(4)
  expect(state().run.status).toBe('running')
  event(endOf('device-lost', 4))
  expect(state().run).toMatchObject({ status: 'ended', end: { reason: 'device-lost' } })
  expect(state().run.end?.advice).toContain('resume the run')
  await pass()
  expect(starts()).toHaveLength(5)
})

test('attempts that fail before they start count, and a crash while the images are read counts once', async () => {
  const { state, event, answer, pass } = savedLab()
  event(endOf('device-lost', 3))
  await pass()
  answer({ type: 'failure', message: 'There is no usable GPU.' })
  expect(state().run.status).toBe('recovering')
  expect(state().failure).toBeNull()
  await pass()
  answer({ type: 'failure', message: 'There is no usable GPU.' })
  expect(state().run).toMatchObject({ status: 'ended', end: { reason: 'device-lost' } })

  const other = savedLab()
  other.crash()
  await other.pass()
  expect(other.state().data.status).toBe('reading')
  other.crash()
  await settled()
  expect(other.state().run).toMatchObject({ status: 'recovering', attempts: { failures: 2 } })
})

test('a run without a saved state keeps what it recorded and ends', () => {
  const { state, event, series } = runningLab()
  event(stepEvent(1, 10))
  event(endOf('device-lost', 1))
  expect(state().run).toMatchObject({ status: 'ended', end: { reason: 'device-lost' } })
  expect(series.current()?.steps.length).toBe(1)
})

test('a run whose record is only on the page ends, because resuming would lose it', () => {
  const { state, event, answer, series, runId } = savedLab()
  answer({ type: 'not-stored', runId, message: 'The storage is full.' })
  event(endOf('device-lost', 3))
  expect(state().run).toMatchObject({ status: 'ended', end: { reason: 'device-lost' } })
  expect(series.current()?.steps.length).toBe(3)
})

test('a paused run pauses again, and measuring during training goes on', async () => {
  const { lab, state, event, pass, restarted, sent } = savedLab()
  lab.setAutoMeasure([1], [{ kind: 'linearity', checkpoints: [] }])
  lab.pause()
  event(endOf('device-lost', 3))
  await pass()
  restarted(2)
  expect(state().run.status).toBe('paused')
  expect(sent.slice(-2)).toEqual([{ type: 'pause' }, { type: 'hold-at', epochs: [1] }])
})

test('a measurement during training that a crash ended is taken when the run goes on', async () => {
  const { lab, state, event, answer, pass, crash, restarted, answerData, sent } = savedLab()
  const curves = { kind: 'linearity', checkpoints: [] } as const
  lab.setAutoMeasure([1], [curves])
  event({ type: 'checkpoint', step: 3, epoch: 1, file: 'epoch-0001.safetensors', bytes: 1, time: 31 })
  event({ type: 'activity', activity: 'paused', step: 3, epoch: 1, time: 32 })
  const measures = () => sent.filter(({ type }) => type === 'measure')
  expect([state().run.status, measures().length]).toEqual(['auto-paused', 1])
  answer({ type: 'resume-point', runId: state().run.id ?? '', step: 3, epoch: 1 })
  crash()
  await pass()
  await answerData()
  restarted(3, 'worker-crashed')
  expect(sent.at(-1)).toEqual({ type: 'pause' })
  event({ type: 'activity', activity: 'paused', step: 3, epoch: 1, time: 50 })
  expect([state().run.status, measures().length]).toEqual(['auto-paused', 2])
})

describe('the user, meanwhile,', () => {
  test('stops the run: it ends and does not start again', async () => {
    const { lab, state, event, pass, starts } = savedLab()
    event(endOf('device-lost', 3))
    lab.stop()
    expect(state().run).toMatchObject({ status: 'ended', end: { reason: 'stopped' } })
    await pass()
    expect(starts()).toHaveLength(1)
  })

  test('stops the run after its start command: the worker stops it', async () => {
    const { lab, state, event, answer, pass, sent } = savedLab()
    event(endOf('device-lost', 3))
    await pass()
    lab.stop()
    expect([sent.at(-1), state().run.status]).toEqual([{ type: 'stop' }, 'stopping'])
    answer({ type: 'failure', message: 'Stopped before the first step.' })
    expect(state().run).toMatchObject({ status: 'ended', end: { reason: 'stopped' } })
  })

  test('moves α: the worker gets it with the start command, and at once after that', async () => {
    const { lab, event, pass, sent } = savedLab()
    event(endOf('device-lost', 3))
    lab.setAlpha(-5)
    expect(sent.at(-1)?.type).not.toBe('alpha')
    await pass()
    expect(sent.slice(-2)).toMatchObject([{ type: 'start' }, { type: 'alpha', value: -5 }])
    lab.handBack()
    expect(sent.at(-1)).toEqual({ type: 'hand-back' })
  })
})

test('images that have changed end the run with what differs', async () => {
  const { state, crash, pass, starts, answerData } = savedLab()
  crash()
  await pass()
  await answerData('beef')
  expect(state().run).toMatchObject({ status: 'ended', end: { reason: 'data-error' } })
  expect(state().run.end?.message).toContain('fingerprint beef instead of f00d')
  expect(starts()).toHaveLength(1)
})

test('a plan receives the events of its run across an interruption', async () => {
  const { lab, event, answer, state, sent } = runningLab()
  const starts = () => sent.filter((command) => command.type === 'start')
  event(endOf('finished', 1))
  const seen: string[] = []
  const { config } = state()
  const done = (async () => {
    for await (const one of lab.runConfig(config)) seen.push(one.type === 'end' ? one.reason : one.type)
  })()
  await settled()
  event({ ...startEvent, time: 0 })
  answer({ type: 'resume-point', runId: state().run.id ?? '', step: 0, epoch: 0 })
  event(endOf('device-lost', 0))
  await vi.advanceTimersByTimeAsync(10_000)
  await settled()
  expect(starts().at(-1)).toMatchObject({ from: { kind: 'resume' } })
  event({ ...startEvent, resumed: { reason: 'device-lost', message: '' }, time: 10 })
  event(endOf('finished', 1))
  await done
  expect(seen).toEqual(['start', 'start', 'finished'])
})
