import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LoggedEvent } from '../protocol/run-events.ts'
import type { RunParent } from '../protocol/run-record.ts'
import { lineOf } from '../runs/format/log.ts'
import { startEvent, stepEvent } from '../testing/events.ts'
import { readyLab, runningLab } from '../testing/lab.ts'
import { toySites } from '../testing/probes.ts'
import { countedFiles, readerOf, storedRun } from '../testing/stored-run.ts'

const curves =
  'checkpoint,data,fingerprint,module,order,draw,mode,seed,n,epoch,share,loss,top1,top5\n' +
  'epoch-0000.safetensors,cifar10,,layer1,selective,0,zero,1,2,0,0.5,2,0.25,1\n'

const reader = (name = 'mine') =>
  readerOf(storedRun({ layout: toySites, probes: 3, more: new Map([['ablation-curves.csv', curves]]) }), name)

const end: LoggedEvent = { type: 'end', step: 2, epoch: 0.2, reason: 'finished', message: 'Done.', advice: '', time: 9 }

describe('opening a stored run', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())

  test('shows it with its measurements, and a new run replaces it', async () => {
    const { lab, state, series } = readyLab()
    lab.setView({ moment: 5, range: [0, 3] })
    await lab.openRun(await reader())
    expect(series.shown()?.probes).toHaveLength(3)
    expect(series.shown()?.measured.tables.curves.rows()).toMatchObject([{ module: 'layer1', top1: '0.25' }])
    expect(state()).toMatchObject({
      run: { status: 'interrupted', id: 'mine', end: null, moment: { step: 30, epoch: 3 } },
      view: { moment: null, range: null },
      opening: null,
      openingNotes: [],
      status: 'Opened mine.',
    })
    await vi.waitFor(() => expect(series.snapshot()).toMatchObject({ stored: true, run: { id: 'mine', name: 'mine' } }))
    lab.start()
    expect(state().run.status).toBe('starting')
    await vi.waitFor(() => expect(series.snapshot()).toMatchObject({ stored: false, run: { name: null } }))
    expect([series.shown()?.events.length, series.earlier()]).toEqual([0, []])
  })

  test('leaves a run that trains alone, which goes on unseen', async () => {
    const { lab, state, series, event } = runningLab()
    const training = series.current()?.id
    await lab.openRun(await reader())
    event(stepEvent(1, 5))
    expect([series.shown()?.id, series.current()?.id, series.current()?.steps.length]).toEqual(['mine', training, 1])
    expect(state().run).toMatchObject({ status: 'running', id: training })
    lab.closeRun()
    expect(series.shown()?.id).toBe(training)
    event(end)
    await lab.openRun(await reader())
    expect(series.earlier().map(({ id }) => id)).toEqual([training])
    await lab.openRun(await reader('another'))
    expect(series.earlier().map(({ id }) => id)).toEqual([training])
  })

  test('shows the run before again when a new one does not start', async () => {
    const { lab, state, series, answer } = readyLab()
    await lab.openRun(await reader())
    lab.start()
    answer({ type: 'failure', message: 'no images' })
    expect([series.shown()?.id, state().run.status]).toEqual(['mine', 'interrupted'])
  })

  test('leaves it for an empty page, or for the run that was trained before', async () => {
    const { lab, state, series } = readyLab()
    await lab.openRun(await reader())
    lab.setView({ moment: 10, site: 'layer1.0', unit: 1 })
    lab.leaveRun()
    expect([series.shown(), series.earlier()]).toEqual([null, []])
    expect(state()).toMatchObject({
      run: { status: 'idle', id: null, config: null, end: null, moment: { step: 0, epoch: 0 } },
      view: { moment: null, site: null, unit: null },
    })
    const trained = runningLab()
    const { id } = trained.series.current() ?? {}
    await trained.lab.openRun(await reader())
    trained.lab.leaveRun()
    expect([trained.series.shown()?.id, trained.state().run]).toMatchObject([id, { status: 'running', id }])
    trained.event(end)
    await trained.lab.openRun(await reader())
    trained.lab.leaveRun()
    expect([trained.series.shown()?.id, trained.series.earlier()]).toEqual([id, []])
    expect(trained.state().run).toMatchObject({ status: 'ended', id, end: { reason: 'finished' } })
    trained.lab.leaveRun()
    expect(trained.series.shown()?.id).toBe(id)
  })

  test('says what cannot be read', async () => {
    const { lab, state, series } = readyLab()
    const files = storedRun({ layout: toySites, probes: 2 })
    const opened = await readerOf(files)
    await lab.openRun({
      ...opened,
      events: async function* () {
        yield* []
        throw new Error('mine: cannot read events.jsonl')
      },
    })
    expect([series.shown(), state().openingNotes]).toEqual([null, ['mine: cannot read events.jsonl']])
    const log = `${await (await files.read('events.jsonl'))?.text()}{"type":"step"}\n`
    await lab.openRun(await readerOf(countedFiles(new Map([['events.jsonl', log]]))))
    expect(state().openingNotes).toEqual([expect.stringMatching(/^mine: line 24 of events\.jsonl .* was left out\.$/)])
    lab.dismissOpeningNotes()
    expect(state().openingNotes).toEqual([])
  })

  test('compares a fork with its parent once that is supplied', async () => {
    const { lab, series } = readyLab()
    const parent: RunParent = { kind: 'fork', id: 'mine', name: 'baseline', step: 0, epoch: 0, momentum: 'kept' }
    const start: LoggedEvent = { ...startEvent, fromStep: 10, parent, time: 0 }
    const fork = await readerOf(countedFiles(new Map([['events.jsonl', lineOf(start)]])), 'fork')
    await lab.openRun(fork)
    await lab.supplyParent(await reader())
    await vi.waitFor(() => expect(series.snapshot().parent?.id).toBe('mine'))
    await lab.openRun(await reader('third'))
    await vi.waitFor(() => expect(series.snapshot().run?.id).toBe('third'))
    expect(series.snapshot().parent).toBeNull()
  })
})
