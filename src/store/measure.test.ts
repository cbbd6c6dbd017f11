import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LabCommand } from '../protocol/commands.ts'
import { runningLab } from '../testing/lab.ts'
import { checkpoint, curve, effect, linear } from '../testing/measured-run.ts'
import { configLink, configOfLink, parseUnit, unitOfLink } from './link.ts'
import { startBlocker } from './status.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const saved = (epoch: number) =>
  ({ type: 'checkpoint', step: 10 * epoch, epoch, file: checkpoint(epoch), bytes: 4, time: epoch }) as const

/** A lab with an ended run that has two checkpoints. */
function endedLab() {
  const opened = runningLab()
  for (const epoch of [0, 1]) opened.event(saved(epoch))
  opened.event({ type: 'end', step: 10, epoch: 1, reason: 'finished', message: '', advice: '', time: 9 })
  const runId = opened.state().run.id ?? ''
  return { ...opened, runId }
}

const all = [0, 1].map((epoch) => ({ file: checkpoint(epoch), epoch }))
const curves = {
  kind: 'curves',
  checkpoints: all,
  mode: 'zero',
  modules: ['layer1'],
  orders: ['selective'],
  draws: 1,
  points: 3,
} as const

const last = (sent: readonly LabCommand[]) => {
  const command = sent.at(-1)
  if (command?.type !== 'measure') throw new Error(`not a measurement: ${command?.type}`)
  return command
}

describe('measuring', () => {
  test('needs a paused or ended run, and a run can start only after the measurement', () => {
    const { lab, sent, state } = runningLab()
    lab.measure(curves)
    expect(sent.some(({ type }) => type === 'measure')).toBe(false)
    expect(state().status).toMatch(/when the run is paused or has ended/)
    const ended = endedLab()
    ended.lab.measure(curves)
    expect(startBlocker(ended.state())).toBe('A measurement is running. Cancel it or wait until it ends.')
  })

  const rest = (opened: ReturnType<typeof runningLab>, epoch: number) =>
    opened.event({ type: 'activity', activity: 'paused', step: 10 * epoch, epoch, time: epoch })

  test('is possible while a run is paused', () => {
    const { lab, sent, event, state } = runningLab()
    event(saved(0))
    lab.pause()
    lab.measure(curves)
    expect(last(sent).measurement.kind).toBe('curves')
    expect(state().run.status).toBe('paused')
  })

  test('happens during training after the chosen epochs, and then training resumes', () => {
    const opened = runningLab()
    const { lab, sent, event, state, answer } = opened
    const linearity = { kind: 'linearity', checkpoints: [] } as const
    lab.setAutoMeasure([2, 1], [{ ...curves, checkpoints: [] }, linearity])
    expect(sent.at(-1)).toEqual({ type: 'hold-at', epochs: [1, 2] })
    event(saved(0))
    event(saved(1))
    expect(sent.at(-1)).toEqual({ type: 'hold-at', epochs: [1, 2] })
    rest(opened, 1)
    expect(state().run.status).toBe('auto-paused')
    expect(last(sent).measurement).toMatchObject({ kind: 'curves', checkpoints: [{ file: checkpoint(1), epoch: 1 }] })
    answer({ type: 'measure-finished', request: last(sent).request })
    expect(last(sent).measurement).toMatchObject({ kind: 'linearity', checkpoints: [{ epoch: 1 }] })
    answer({ type: 'measure-finished', request: last(sent).request })
    expect(sent.at(-1)).toEqual({ type: 'resume' })
    expect(state().run.status).toBe('running')
    // The last epoch is measured after the run has ended.
    event(saved(2))
    event({ type: 'end', step: 20, epoch: 2, reason: 'finished', message: '', advice: '', time: 9 })
    expect(last(sent).measurement).toMatchObject({ kind: 'curves', checkpoints: [{ epoch: 2 }] })
    answer({ type: 'measure-finished', request: last(sent).request })
    answer({ type: 'measure-finished', request: last(sent).request })
    expect(last(sent).measurement.kind).toBe('linearity')
    expect(state()).toMatchObject({ autoMeasure: null, run: { status: 'ended' } })
  })

  test('resumes training when it is cancelled, unless the user has paused; Resume drops the queue', () => {
    const opened = runningLab()
    const { lab, sent, event, state, answer } = opened
    const requests = () => sent.filter(({ type }) => type === 'measure').length
    const cancelled = () =>
      answer({ type: 'measure-failed', request: requests(), message: 'Cancelled.', cancelled: true })
    lab.setAutoMeasure(
      [1, 2, 3],
      [
        { ...curves, checkpoints: [] },
        { kind: 'linearity', checkpoints: [] },
      ],
    )
    event(saved(1))
    rest(opened, 1)
    lab.cancelMeasure()
    cancelled()
    expect([sent.at(-1)?.type, state().run.status, requests()]).toEqual(['resume', 'running', 1])
    event(saved(2))
    rest(opened, 2)
    lab.pause()
    lab.cancelMeasure()
    cancelled()
    expect([sent.at(-1)?.type, state().run.status, requests()]).toEqual(['cancel-measure', 'paused', 2])
    lab.resume()
    event(saved(3))
    rest(opened, 3)
    lab.resume()
    cancelled()
    expect([sent.at(-1)?.type, state().run.status, requests()]).toEqual(['resume', 'running', 3])
    // The run has paused for its requests; withdrawing them resumes it.
    event(saved(4))
    lab.setAutoMeasure([], [])
    expect([sent.at(-1), state().autoMeasure]).toEqual([{ type: 'hold-at', epochs: [] }, null])
    rest(opened, 4)
    expect([sent.at(-1)?.type, state().run.status]).toEqual(['resume', 'running'])
  })

  test('adds rows to the run, can be cancelled, and resumes without the known results', () => {
    const { lab, sent, state, series, answer, runId } = endedLab()
    lab.measure(curves)
    const { request, run } = last(sent)
    expect(run).toMatchObject({ id: runId, classes: ['cat', 'dog', 'fox'], fingerprint: 'f00d' })
    answer({ type: 'measuring', request, done: 0.5, total: 2, secondsLeft: 3 })
    expect(state().measuring.current).toMatchObject({ done: 0.5, total: 2, left: 3000 })
    const rows = curve({ epoch: 0, module: 'layer1', order: 'selective', top1: [0.5, 0.2, 0.1] })
    answer({ type: 'measured', runId, table: 'curves', rows })
    lab.cancelMeasure()
    expect(sent.at(-1)).toEqual({ type: 'cancel-measure' })
    answer({ type: 'measure-failed', request, message: 'Cancelled.', cancelled: true })
    expect(state().measuring).toMatchObject({
      current: null,
      note: { kind: 'curves', text: 'Cancelled; the results so far are saved.' },
    })
    expect(series.current()?.measured.tables.curves.rows()).toHaveLength(3)
    lab.resumeMeasure()
    const again = last(sent)
    if (again.measurement.kind !== 'curves') throw new Error('another measurement')
    expect(again.measurement.known[checkpoint(0)].map(({ n }) => n)).toEqual([0, 4, 8])
    // Messages of an earlier measurement are ignored.
    answer({ type: 'measure-failed', request, message: 'late', cancelled: false })
    expect(state().measuring.current).not.toBe(null)
  })

  test('requests correlations after single units, and adds them to the run', () => {
    const { lab, sent, series, answer, runId } = endedLab()
    const [, second] = all
    lab.measure({ kind: 'effects', checkpoints: [second], mode: 'zero', units: { 'layer1.0': [0, 3] } })
    answer({ type: 'measured', runId, table: 'units', rows: [effect(0, 0.2, 0.1), effect(3, 0.1, 0.3)] })
    answer({ type: 'measure-finished', request: last(sent).request })
    expect(sent.at(-1)).toMatchObject({ type: 'correlate', runId, checkpoint: checkpoint(1), mode: 'zero' })
    answer({ type: 'correlated', runId, checkpoint: checkpoint(1), mode: 'zero', modules: [] })
    expect([...(series.current()?.measured.correlations.keys() ?? [])]).toEqual([`${checkpoint(1)} zero`])
  })

  test('skips checkpoints with known linearity, and says so if it is known for all', () => {
    const { lab, sent, state, answer, runId } = endedLab()
    answer({ type: 'measured', runId, table: 'linearity', rows: linear(0, 0.5) })
    lab.measure({ kind: 'linearity', checkpoints: all })
    expect(last(sent).measurement.checkpoints).toEqual([all[1]])
    answer({ type: 'measured', runId, table: 'linearity', rows: linear(1, 0.5) })
    answer({ type: 'measure-finished', request: last(sent).request })
    const before = sent.length
    lab.measure({ kind: 'linearity', checkpoints: all })
    expect([sent.length, state().measuring.note?.text]).toEqual([before, 'These measurements exist already.'])
  })

  test('ends when the worker dies, and can be resumed', () => {
    const { lab, state, workers } = endedLab()
    lab.measure(curves)
    workers.at(-1)?.onCrash('out of memory')
    expect(state().measuring.current).toBe(null)
    expect(state().measuring.unfinished).toMatchObject({ kind: 'curves' })
    expect(state().measuring.note?.text).toMatch(/The results so far are saved/)
  })
})

describe('a unit that cannot be measured', () => {
  test('is not requested again automatically', () => {
    const { lab, sent, state, answer, runId } = endedLab()
    const [first] = all
    const wish = { kind: 'profile', checkpoints: [first], site: 'layer1.0', unit: 1, top: 9 } as const
    lab.measure(wish)
    const profile = { checkpoint: first.file, site: 'layer1.0', unit: 1, selectivity: 0, preferredClass: 0 }
    answer({ type: 'profile', runId, profile: { ...profile, dead: false, tuning: [1, 2, 3], top: [] } })
    answer({ type: 'measure-finished', request: last(sent).request })
    expect(state().measuring.profile).toMatchObject({ runId, unit: 1 })
    lab.measure({ ...wish, unit: 2 })
    answer({ type: 'measure-failed', request: last(sent).request, message: 'gone', cancelled: false })
    expect(state().measuring).toMatchObject({
      profile: null,
      note: { kind: 'profile', text: 'gone' },
      unfinished: null,
    })
  })
})

describe('links to units', () => {
  test('carry configuration and unit', () => {
    const { lab, state } = endedLab()
    lab.lookAtUnit('layer2.0', 3)
    expect(state().view).toMatchObject({ site: 'layer2.0', unit: 3 })
    const link = configLink('http://lab/#step-data', state().config, 'layer2.0:3')
    const { hash } = new URL(link)
    expect(unitOfLink(hash)).toEqual({ site: 'layer2.0', unit: 3 })
    expect(configOfLink(hash)).toEqual(state().config)
    expect([unitOfLink(''), unitOfLink('#unit=x'), parseUnit('layer1.0 : 2')]).toEqual([
      {},
      {},
      { site: 'layer1.0', unit: 2 },
    ])
  })
})
