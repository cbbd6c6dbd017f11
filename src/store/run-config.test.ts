import { describe, expect, test } from 'vitest'
import { parseConfig } from '../config/config.ts'
import type { LoggedEvent } from '../protocol/run-events.ts'
import { report, startEvent, stepEvent } from '../testing/events.ts'
import { readyLab, runningLab, settled } from '../testing/lab.ts'
import { checkpoint, linear } from '../testing/measured-run.ts'
import { alphaNow } from './live-actions.ts'
import { LabError } from './pending.ts'
import { configNow } from './status.ts'

const end = { type: 'end', step: 1, epoch: 0.1, reason: 'finished', message: '', advice: '', time: 9 } as const
const mine = {
  type: 'data',
  report: { ...report, source: 'mine', splitBySeed: true },
  samples: [],
  secondsPerImage: null,
} as const

/** Collects events until the sequence ends or throws. */
function collect(events: AsyncIterable<LoggedEvent>) {
  const seen: string[] = []
  const done = (async () => {
    for await (const { type } of events) seen.push(type)
  })()
  done.catch(() => {})
  return { seen, done }
}

const other = parseConfig({
  name: 'other',
  train: { epochs: 3 },
  regularizer: { schedule: [{ fromEpoch: 0, toEpoch: 3, alpha: -7 }] },
})

describe('running a configuration', () => {
  test('trains it without changing the form, and yields its events to the end', async () => {
    const { lab, state, sent, event, series } = readyLab()
    lab.setConfigText('train.epochs', 'many')
    const { config, drafts, fieldErrors } = state()
    const ids: string[] = []
    const { seen, done } = collect(lab.runConfig(other, { onBegin: (id) => ids.push(id) }))
    expect(sent.at(-1)).toMatchObject({ type: 'start', config: { name: 'other' }, runId: ids[0] })
    expect([configNow(state()).name, alphaNow(state()), series.current()?.id]).toEqual(['other', -7, ids[0]])
    event({ ...startEvent, config: other, time: 0 })
    event(stepEvent(1, 5))
    await settled()
    expect(seen).toEqual(['start', 'step'])
    event(end)
    await done
    expect(seen).toEqual(['start', 'step', 'end'])
    expect(state()).toMatchObject({ config, drafts, fieldErrors, run: { status: 'ended', config: { name: 'other' } } })
    expect(configNow(state())).toBe(config)
  })

  test('fails with the reason when it cannot start', async () => {
    const { lab, sent, series, answer } = runningLab()
    const started = sent.length
    await expect(collect(lab.runConfig(other)).done).rejects.toThrow(/A run is active/)
    expect([sent.length, series.earlier()]).toEqual([started, []])
    const ready = readyLab()
    const refused = collect(ready.lab.runConfig(other))
    ready.answer({ type: 'failure', message: 'class unknown' })
    await expect(refused.done).rejects.toThrow(new LabError('class unknown'))
    answer({ type: 'failure', message: 'unforeseen' })
  })

  test('reads the images again for another split, and reports why they cannot be read', async () => {
    const { lab, sent, answer, state } = readyLab()
    lab.readArchive(new File([], 'mine'))
    answer(mine)
    const first = collect(lab.runConfig({ ...other, seed: 2 }))
    expect(sent.at(-1)).toMatchObject({ type: 'read-data', seed: 2 })
    answer({ type: 'data-refused', message: 'the archive is gone', cancelled: false })
    await expect(first.done).rejects.toThrow(new LabError('the archive is gone'))
    const second = collect(lab.runConfig({ ...other, seed: 2 }))
    answer(mine)
    await settled()
    expect(sent.at(-1)).toMatchObject({ type: 'start', config: { name: 'other', seed: 2, data: { source: 'mine' } } })
    expect([second.seen, state().config.seed]).toEqual([[], 1])
  })

  test('is stopped by its signal: while the images are read, before the first step, and later', async () => {
    const { lab, sent, answer, event, state } = readyLab()
    lab.readArchive(new File([], 'mine'))
    answer(mine)
    const reading = new AbortController()
    const first = collect(lab.runConfig({ ...other, seed: 2 }, { signal: reading.signal }))
    reading.abort()
    await expect(first.done).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
    expect([sent.at(-1)?.type, state().data.status]).toEqual(['cancel-reading', 'ready'])
    const early = new AbortController()
    const second = collect(lab.runConfig(other, { signal: early.signal }))
    early.abort()
    expect(sent.at(-1)).toEqual({ type: 'stop' })
    answer({ type: 'failure', message: 'Stopped before the first step; nothing was recorded.' })
    await expect(second.done).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
    const late = new AbortController()
    const third = collect(lab.runConfig(other, { signal: late.signal }))
    event({ ...startEvent, time: 0 })
    late.abort()
    expect([sent.at(-1), state().run.status]).toEqual([{ type: 'stop' }, 'stopping'])
    event({ ...end, reason: 'stopped' })
    await third.done
    expect(third.seen).toEqual(['start', 'end'])
  })

  test('a measurement that starts while the images are read keeps the run from starting', async () => {
    const { lab, event, sent, answer } = runningLab()
    event({ type: 'checkpoint', step: 1, epoch: 0, file: checkpoint(0), bytes: 4, time: 1 })
    event(end)
    lab.readArchive(new File([], 'mine'))
    answer(mine)
    const { done } = collect(lab.runConfig({ ...other, seed: 2 }))
    lab.measure({ kind: 'linearity', checkpoints: [{ file: checkpoint(0), epoch: 0 }] })
    answer(mine)
    await expect(done).rejects.toThrow(/A measurement is running/)
    expect(sent.filter(({ type }) => type === 'start')).toHaveLength(1)
  })

  test('a crash of the worker ends the events', async () => {
    const { lab, workers, event } = readyLab()
    const { seen, done } = collect(lab.runConfig(other))
    event({ ...startEvent, time: 0 })
    event(stepEvent(1, 1))
    workers.at(-1)?.onCrash('out of memory')
    await done
    expect(seen).toEqual(['start', 'step', 'end'])
    const early = readyLab()
    const run = collect(early.lab.runConfig(other))
    early.workers.at(-1)?.onCrash('out of memory')
    await expect(run.done).rejects.toThrow(/out of memory/)
  })
})

describe('measuring a run', () => {
  const curves = {
    kind: 'curves',
    checkpoints: [{ file: checkpoint(0), epoch: 0 }],
    mode: 'zero',
    modules: ['layer1'],
    orders: ['selective'],
    draws: 1,
    points: 3,
  } as const

  function endedLab() {
    const opened = runningLab()
    opened.event({ type: 'checkpoint', step: 0, epoch: 0, file: checkpoint(0), bytes: 4, time: 1 })
    opened.event(end)
    return { ...opened, id: opened.state().run.id ?? '' }
  }

  test('resolves with the last result, and at once when all results exist', async () => {
    const { lab, answer, sent, id } = endedLab()
    const linearity = { kind: 'linearity', checkpoints: curves.checkpoints } as const
    const measured = lab.measureRun(linearity, { id })
    answer({ type: 'measured', runId: id, table: 'linearity', rows: linear(0, 0.5) })
    answer({ type: 'measure-finished', request: 1 })
    await measured
    const commands = sent.length
    await lab.measureRun(linearity, { id })
    expect(sent).toHaveLength(commands)
  })

  test('rejects with the reason when it fails, cannot start, is cancelled or loses its worker', async () => {
    const { lab, answer, sent, id, workers } = endedLab()
    const failed = lab.measureRun(curves, { id })
    answer({ type: 'measure-failed', request: 1, message: 'no memory', cancelled: false })
    await expect(failed).rejects.toThrow(new LabError('no memory'))
    await expect(lab.measureRun(curves, { id: 'unknown' })).rejects.toThrow(/Train a network first/)
    const controller = new AbortController()
    const cancelled = lab.measureRun(curves, { id, signal: controller.signal })
    controller.abort()
    expect(sent.at(-1)).toEqual({ type: 'cancel-measure' })
    answer({ type: 'measure-failed', request: 2, message: 'Cancelled.', cancelled: true })
    await expect(cancelled).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
    const lost = lab.measureRun(curves, { id })
    workers.at(-1)?.onCrash('gone')
    await expect(lost).rejects.toThrow(/gone/)
  })

  test('its end can be awaited by others', async () => {
    const { lab, answer, id } = endedLab()
    await lab.measuringEnded()
    void lab.measureRun(curves, { id })
    let ended = false
    void lab.measuringEnded().then(() => {
      ended = true
    })
    await settled()
    expect(ended).toBe(false)
    answer({ type: 'measure-finished', request: 1 })
    await settled()
    expect(ended).toBe(true)
  })
})
