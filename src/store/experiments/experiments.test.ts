import { beforeEach, describe, expect, test, vi } from 'vitest'
import { parseConfig, type RunConfig } from '../../config/config.ts'
import type { LabCommand } from '../../protocol/commands.ts'
import type { EndReason, RecordedEvent } from '../../protocol/run-events.ts'
import { type RunStore, type StoredRun, unpackRun } from '../../runs/library.ts'
import { createTable, tables } from '../../runs/tables.ts'
import { adapter, report, startEvent, stepEvent } from '../../testing/events.ts'
import { openLab } from '../../testing/lab.ts'
import { checkpoint, curve, linear } from '../../testing/measured-run.ts'
import { createExperiments } from './create-experiments.ts'

const evaluation = (epoch: number, top1: number): RecordedEvent => ({
  type: 'evaluation',
  split: 'validation',
  step: 10 * epoch,
  epoch,
  images: 6,
  loss: 2,
  crossEntropy: 2,
  top1,
  top5: 1,
  time: 10 * epoch,
})

function memoryRuns(initial: readonly StoredRun[] = []) {
  const stored = new Map(initial.map((run) => [run.id, run]))
  const runs: RunStore = {
    read: async () => [...stored.values()],
    put: async (run) => void stored.set(run.id, run),
    remove: async (id) => void stored.delete(id),
  }
  return { stored, runs }
}

const pages: ReturnType<typeof createExperiments>[] = []

/** The page with data and experiments. `train` answers like the worker for the newest run. */
function opened(initial: readonly StoredRun[] = []) {
  let [started, begun] = [0, 100 * initial.length]
  const own = openLab({ random: () => begun++ })
  const { stored, runs } = memoryRuns(initial)
  const saved: { blob: Blob; name: string }[] = []
  own.lab.open()
  own.answer({ type: 'device', adapter })
  own.lab.readCifar10()
  own.answer({ type: 'data', report, samples: [], secondsPerImage: null })
  const experiments = createExperiments({
    lab: own.lab,
    series: own.series,
    runs,
    now: () => 1000 + started,
    save: (blob, name) => saved.push({ blob, name }),
    fetch: async () => new Response('', { status: 404 }),
  })
  pages.push(experiments)
  const newest = () =>
    own.sent.findLast((command): command is Extract<LabCommand, { type: 'start' }> => command.type === 'start')
  const train = (reason: EndReason = 'finished') => {
    started++
    const config = newest()?.config as RunConfig
    own.event({ ...startEvent, config, time: 0 })
    own.event(evaluation(0, 0.1))
    own.event(stepEvent(1, 1))
    const { epochs } = config.train
    own.event({ type: 'checkpoint', step: 1, epoch: epochs, file: checkpoint(epochs), bytes: 4, time: 2 })
    own.event(evaluation(epochs, 0.5))
    own.event({
      type: 'end',
      step: 1,
      epoch: epochs,
      reason,
      message: reason,
      advice: '',
      time: 20 + started,
    })
  }
  /** Answers a measurement like the worker: with curves of layer1, or with linearity. */
  const measure = () => {
    const command = own.sent.at(-1)
    if (command?.type !== 'measure') throw new Error(`not a measurement: ${command?.type}`)
    const {
      request,
      run: { id: runId },
      measurement,
    } = command
    for (const { epoch } of measurement.checkpoints) {
      const rows = [
        ...curve({ epoch, module: 'layer1', order: 'selective', top1: [0.5, 0.1, 0.1] }),
        ...curve({ epoch, module: 'layer1', order: 'random', top1: [0.5, 0.4, 0.1] }),
      ]
      if (measurement.kind === 'curves') own.answer({ type: 'measured', runId, table: 'curves', rows })
      else own.answer({ type: 'measured', runId, table: 'linearity', rows: linear(epoch, 0.5) })
    }
    own.answer({ type: 'measure-finished', request })
  }
  const names = () => own.sent.flatMap((command) => (command.type === 'start' ? [command.config.name] : []))
  return { ...own, experiments, stored, saved, train, measure, names }
}

/** A request as the step Ablate makes it. */
const byHand = {
  kind: 'curves',
  checkpoints: [{ file: checkpoint(20), epoch: 20 }],
  mode: 'zero',
  modules: ['layer1'],
  orders: ['selective', 'random'],
  draws: 1,
  points: 3,
} as const

const turn = () => new Promise<void>((resolve) => setTimeout(resolve))

/** Resolves when every page has taken the steps that are due and has stored its runs. */
async function settled(): Promise<void> {
  await turn()
  await Promise.all(pages.map((page) => page.saved()))
  await turn()
}

/** Waits until the page has stored this many runs, because packing a run takes a while. */
const hasStored = (page: ReturnType<typeof opened>, runs: number) =>
  vi.waitFor(() => expect(page.stored.size).toBe(runs))

describe('plans', () => {
  let page: ReturnType<typeof opened>
  beforeEach(() => {
    page = opened()
    const none = { name: 'none', changes: '' }
    const slow = { name: 'slow', changes: 'optimizer.learningRate=0.01' }
    page.experiments.setDraft({ kind: 'own', seeds: '1, 2', epochs: '1', arms: [none, slow] })
  })
  const plan = () => page.experiments.store.getState().plan

  test('runs are trained one after another and listed; a failed run does not stop the others', async () => {
    const before = page.state().config
    const ended = page.experiments.startPlan()
    for (const reason of ['finished', 'out-of-memory', 'finished', 'finished'] as const) {
      await settled()
      page.train(reason)
    }
    await ended
    await hasStored(page, 4)
    expect(page.names()).toEqual(['none/seed-1', 'slow/seed-1', 'none/seed-2', 'slow/seed-2'])
    expect(plan()?.runs.map(({ status }) => status)).toEqual(['finished', 'failed', 'finished', 'finished'])
    expect(plan()?.note).toMatch(/1 of 4 runs failed or lack measurements/)
    expect(page.state().config).toEqual(before)
    expect(page.experiments.store.getState().runs.map(({ record }) => [record.name, record.state])).toEqual([
      ['none/seed-1', 'finished'],
      ['slow/seed-1', 'out-of-memory'],
      ['none/seed-2', 'finished'],
      ['slow/seed-2', 'finished'],
    ])
    expect(page.stored.size).toBe(4)
  })

  test('a stopped plan continues with the missing runs', async () => {
    const first = page.experiments.startPlan()
    await settled()
    page.train()
    await hasStored(page, 1)
    page.experiments.stopPlan()
    page.train('stopped')
    await first
    await hasStored(page, 2)
    expect(plan()).toMatchObject({ status: 'ended', note: expect.stringMatching(/Stopped with 1 of 4 runs/) })
    void page.experiments.startPlan()
    await settled()
    expect(plan()?.runs.map(({ status }) => status)).toEqual(['existing', 'running', 'waiting', 'waiting'])
    expect(page.names()).toEqual(['none/seed-1', 'slow/seed-1', 'slow/seed-1'])
  })

  test('a paused plan starts no run', async () => {
    const ended = page.experiments.startPlan()
    await settled()
    page.experiments.pausePlan()
    expect(page.state().run.status).toBe('paused')
    page.train()
    await settled()
    expect(page.names()).toHaveLength(1)
    page.experiments.resumePlan()
    await settled()
    expect(page.names()).toHaveLength(2)
    page.experiments.stopPlan()
    page.train('stopped')
    await ended
  })

  const measuring = () => plan()?.runs.map(({ status }) => status)
  const twoRuns = { seeds: '1', measure: ['ablation', 'linearity'], measureEpochs: '1' } as const

  test('a run is measured when it has ended, and its measurements are listed', async () => {
    page.experiments.setDraft(twoRuns)
    const ended = page.experiments.startPlan()
    await settled()
    page.train()
    await settled()
    expect(measuring()).toEqual(['measuring', 'waiting'])
    page.measure()
    await settled()
    expect(page.sent.at(-1)).toMatchObject({ measurement: { kind: 'linearity', checkpoints: [{ epoch: 1 }] } })
    page.measure()
    await settled()
    expect(measuring()).toEqual(['finished', 'running'])
    page.train()
    await settled()
    page.answer({ type: 'measure-failed', request: 3, message: 'no room', cancelled: false })
    await ended
    expect(measuring()).toEqual(['finished', 'failed'])
    expect(plan()?.runs[1].message).toBe('It could not be measured: no room')
    await hasStored(page, 2)
    await vi.waitFor(() => {
      const [none, slow] = page.experiments.store.getState().runs.map(({ record }) => record)
      expect([none.ablation.length, none.linearity.length, slow.ablation.length]).toEqual([1, 1, 0])
    })
    const [first] = page.stored.values()
    expect(Object.keys(first.tables)).toEqual(['curves', 'linearity'])
  })

  test('measures runs that this page trained earlier; reads their images again where the seed splits them', async () => {
    page.lab.readArchive(new File([], 'own.zip'))
    page.answer({
      type: 'data',
      report: { ...report, source: 'own.zip', splitBySeed: true },
      samples: [],
      secondsPerImage: null,
    })
    const plain = { name: 'none', changes: '' }
    page.experiments.setDraft({ seeds: '1, 2', arms: [plain] })
    const first = page.experiments.startPlan()
    await settled()
    page.train()
    await settled()
    page.answer({
      type: 'data',
      report: { ...report, source: 'own.zip', splitBySeed: true },
      samples: [],
      secondsPerImage: null,
    })
    await settled()
    page.train()
    await first
    await hasStored(page, 2)
    page.experiments.setDraft({ measure: ['linearity'], measureEpochs: '1' })
    const again = page.experiments.startPlan()
    await settled()
    expect(page.sent.at(-1)).toMatchObject({ type: 'read-data', seed: 1 })
    page.answer({
      type: 'data',
      report: { ...report, source: 'own.zip', splitBySeed: true },
      samples: [],
      secondsPerImage: null,
    })
    await settled()
    const [one, two] = page.experiments.store.getState().runs.map(({ id }) => id)
    expect(page.sent.at(-1)).toMatchObject({ type: 'measure', run: { id: one } })
    page.measure()
    await settled()
    expect(page.sent.at(-1)).toMatchObject({ type: 'read-data', seed: 2 })
    page.answer({
      type: 'data',
      report: { ...report, source: 'own.zip', splitBySeed: true },
      samples: [],
      secondsPerImage: null,
    })
    await settled()
    expect(page.sent.at(-1)).toMatchObject({ type: 'measure', run: { id: two } })
    page.measure()
    await again
    expect(measuring()).toEqual(['finished', 'finished'])
    await vi.waitFor(() =>
      expect(page.experiments.store.getState().runs.map(({ record }) => record.linearity.length)).toEqual([1, 1]),
    )
  })

  test('waits for a measurement that the user has started', async () => {
    page.experiments.setDraft({ ...twoRuns, measure: ['linearity'] })
    void page.experiments.startPlan()
    await settled()
    page.lab.setAutoMeasure([1], [{ ...byHand, checkpoints: [] }])
    page.train()
    await settled()
    expect(page.sent.at(-1)).toMatchObject({ type: 'measure', measurement: { kind: 'curves' } })
    page.measure()
    await settled()
    expect(page.sent.at(-1)).toMatchObject({ type: 'measure', measurement: { kind: 'linearity' } })
    page.measure()
    await settled()
    expect(measuring()).toEqual(['finished', 'running'])
  })

  test('continues with the missing measurements while the checkpoints of the run exist', async () => {
    page.experiments.setDraft(twoRuns)
    const first = page.experiments.startPlan()
    await settled()
    page.train()
    await settled()
    page.experiments.stopPlan()
    expect(page.sent.at(-1)).toEqual({ type: 'cancel-measure' })
    page.answer({ type: 'measure-failed', request: 1, message: 'Cancelled.', cancelled: true })
    await first
    expect(measuring()).toEqual(['stopped', 'waiting'])
    await hasStored(page, 1)
    const again = page.experiments.startPlan()
    await settled()
    expect(measuring()).toEqual(['measuring', 'waiting'])
    page.measure()
    await settled()
    page.measure()
    await settled()
    expect(page.names()).toEqual(['none/seed-1', 'slow/seed-1'])
    page.experiments.stopPlan()
    page.train('stopped')
    await again
    // The next visit has the runs without their checkpoints: measurements remain, but missing ones cannot be taken.
    const next = opened([...page.stored.values()].slice(0, 1))
    await next.experiments.openLibrary()
    next.experiments.setDraft({ ...page.experiments.store.getState().draft, measure: ['ablation'] })
    void next.experiments.startPlan()
    await settled()
    expect(next.experiments.store.getState().plan?.runs[0]).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/its checkpoints no longer exist/),
    })
    next.experiments.stopPlan()
    next.train('stopped')
    await settled()
    next.experiments.setDraft({ measure: ['linearity'] })
    void next.experiments.startPlan()
    await settled()
    expect(next.experiments.store.getState().plan?.runs[0].status).toBe('finished')
  })

  test('does not change the form: its configuration and its typed text', async () => {
    page.lab.setConfigText('train.epochs', '7')
    const { config, drafts } = page.state()
    const ended = page.experiments.startPlan()
    await settled()
    expect(page.state()).toMatchObject({ config, drafts, run: { config: { name: 'none/seed-1' } } })
    page.train()
    await settled()
    page.lab.setConfigText('train.epochs', '8')
    page.experiments.stopPlan()
    page.train('stopped')
    await ended
    expect(page.state()).toMatchObject({ config, drafts })
  })

  test('continues with the same plan, although the form has changed since it was stopped', async () => {
    const ended = page.experiments.startPlan()
    await settled()
    page.experiments.stopPlan()
    page.train('stopped')
    await ended
    const before = plan()?.runs.map(({ name }) => name)
    const { width } = page.state().config.model
    page.lab.setConfigValue('model.width', width + 1)
    page.experiments.setDraft({ seeds: '7' })
    const again = page.experiments.continuePlan()
    await settled()
    expect(plan()?.runs.map(({ name }) => name)).toEqual(before)
    expect(page.sent.findLast(({ type }) => type === 'start')).toMatchObject({ config: { seed: 1, model: { width } } })
    page.experiments.stopPlan()
    page.train('stopped')
    await again
  })

  test('does not train on a dataset that was opened during the plan', async () => {
    page.experiments.setDraft({ seeds: '1, 2', arms: [{ name: 'none', changes: '' }] })
    const ended = page.experiments.startPlan()
    await settled()
    page.experiments.pausePlan()
    page.train()
    await settled()
    page.lab.readArchive(new File([], 'own.zip'))
    page.answer({ type: 'data', report: { ...report, source: 'own.zip' }, samples: [], secondsPerImage: null })
    page.experiments.resumePlan()
    await ended
    expect(page.sent.filter(({ type }) => type === 'start')).toHaveLength(1)
    expect(plan()?.runs[1]).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/uses CIFAR-10, but own\.zip is open/),
    })
  })

  test('does not read a source again for another seed if the source defines its splits', async () => {
    page.lab.readArchive(new File([], 'own.zip'))
    page.answer({ type: 'data', report: { ...report, source: 'own.zip' }, samples: [], secondsPerImage: null })
    page.experiments.setDraft({ seeds: '1, 2', arms: [{ name: 'none', changes: '' }] })
    const reads = () => page.sent.filter(({ type }) => type === 'read-data').length
    const before = reads()
    const ended = page.experiments.startPlan()
    await settled()
    page.train()
    await settled()
    expect([page.names(), reads()]).toEqual([['none/seed-1', 'none/seed-2'], before])
    page.train()
    await ended
  })

  test('fails a run if the user cancels the reading of its images, and continues with the next', async () => {
    page.lab.readArchive(new File([], 'own.zip'))
    const own = { ...report, source: 'own.zip', splitBySeed: true }
    page.answer({ type: 'data', report: own, samples: [], secondsPerImage: null })
    page.experiments.setDraft({ seeds: '2', arms: ['a', 'b'].map((name) => ({ name, changes: '' })) })
    const ended = page.experiments.startPlan()
    await settled()
    page.lab.cancelReading()
    await settled()
    expect(plan()?.runs.map(({ status }) => status)).toEqual(['failed', 'running'])
    page.experiments.stopPlan()
    await ended
    expect([plan()?.status, page.names()]).toEqual(['ended', []])
  })

  test('ends when the user stops a run before its first step', async () => {
    const ended = page.experiments.startPlan()
    await settled()
    page.lab.stop()
    page.answer({ type: 'failure', message: 'Stopped before the first step; nothing was recorded.' })
    await ended
    expect(page.names()).toHaveLength(1)
    expect(plan()).toMatchObject({ status: 'ended', note: expect.stringMatching(/Stopped with 0 of 4 runs/) })
    // A stop after the end of the plan only affects the new run.
    page.lab.start()
    page.lab.stop()
    expect(plan()?.status).toBe('ended')
  })

  test('Stop in the header ends the timing of steps, and no other kind of run is timed', async () => {
    page.experiments.setDraft({ arms: ['a', 'b'].map((name, i) => ({ name, changes: `model.width=${i + 2}` })) })
    const timed = page.experiments.timePlan()
    await settled()
    page.lab.stop()
    page.train('stopped')
    await timed
    expect(page.sent.filter(({ type }) => type === 'start')).toHaveLength(1)
    expect(page.lab.store.getState().status).toBe('The steps could not be timed: You stopped the run before step 8.')
    expect(page.experiments.store.getState().timing).toBe(false)
  })

  test('Stop in the header ends the plan', async () => {
    const ended = page.experiments.startPlan()
    await settled()
    page.lab.stop()
    page.train('stopped')
    await ended
    expect(page.names()).toHaveLength(1)
    expect(plan()?.status).toBe('ended')
  })
})

describe('the list of runs', () => {
  test('a run is stored when it ends, listed at the next visit, and can be removed', async () => {
    const page = opened()
    page.lab.start()
    page.train()
    await hasStored(page, 1)
    const [run] = page.stored.values()
    expect((await unpackRun(run)).end?.reason).toBe('finished')
    const next = opened([run])
    await next.experiments.openLibrary()
    const { runs, busy, problems } = next.experiments.store.getState()
    expect([runs.length, runs[0].record.state, busy, problems]).toEqual([1, 'finished', null, []])
    await next.experiments.removeRun(run.id)
    expect([next.experiments.store.getState().runs.length, next.stored.size]).toEqual([0, 0])
  })

  test('a damaged run is reported and the others are listed; runs of one name are numbered', async () => {
    const page = opened()
    page.lab.start()
    page.train()
    await hasStored(page, 1)
    const [run] = page.stored.values()
    const broken = { ...run, id: 'broken', log: new Blob(['no gzip']) }
    const next = opened([run, broken, { ...run, id: 'again' }])
    await next.experiments.openLibrary()
    const { runs, problems } = next.experiments.store.getState()
    const { name } = parseConfig(page.state().config)
    expect(runs.map(({ record }) => record.name)).toEqual([name, `(2) ${name}`])
    expect(problems).toEqual([expect.stringMatching(/is damaged; remove it/)])
  })

  test('exported runs are the same when they are imported, with their measurements', async () => {
    const page = opened()
    for (const name of ['none/seed-1', 'late/seed-1', 'none/seed-1']) {
      page.lab.setConfigValue('name', name)
      page.lab.start()
      page.train()
      if (name === 'late/seed-1') {
        page.lab.measure(byHand)
        page.measure()
      }
      await hasStored(page, page.stored.size + 1)
    }
    await settled()
    const { experiments } = page
    const { runs } = experiments.store.getState()
    await experiments.exportRuns(runs.map(({ id }) => id))
    await experiments.exportRuns([runs[1].id])
    const [all, one] = page.saved
    expect([all.name, one.name]).toEqual(['3-runs.zip', 'late-seed-1.zip'])
    const records = async (file: Blob) => {
      const next = opened()
      await next.experiments.importRuns('runs.zip', Promise.resolve([{ path: 'runs.zip', file }]))
      return next.experiments.store.getState().runs.map(({ record }) => record)
    }
    const before = experiments.store.getState().runs.map(({ record }) => record)
    expect(before.map(({ name }) => name)).toEqual(['none/seed-1', 'late/seed-1', '(2) none/seed-1'])
    expect(await records(all.blob)).toEqual([before[2], before[1], before[0]])
    expect(await records(one.blob)).toEqual([before[1]])
    expect(before[1].ablation).toHaveLength(1)
    // The same page recognizes them, and a run that lacks measurements gets them.
    await experiments.importRuns('runs.zip', Promise.resolve([{ path: 'runs.zip', file: all.blob }]))
    expect(page.state().status).toBe('0 runs imported. 3 existed already.')
    const bare = opened([...page.stored.values()].map((run) => ({ ...run, tables: {} })))
    await bare.experiments.openLibrary()
    await bare.experiments.importRuns('runs.zip', Promise.resolve([{ path: 'runs.zip', file: all.blob }]))
    expect(bare.state().status).toBe('0 runs imported. 3 existed already. 1 of them got measurements.')
    expect(bare.experiments.store.getState().runs[1].record.ablation).toHaveLength(1)
  })

  test('an import adds rows to a run that was also measured here, and a removed run is not listed again', async () => {
    const page = opened()
    const epochsOf = () => page.experiments.store.getState().runs[0].record.ablation.map(({ epoch }) => epoch)
    page.lab.start()
    page.train()
    await hasStored(page, 1)
    const [bare] = page.stored.values()
    page.lab.measure(byHand)
    page.measure()
    await settled()
    await page.experiments.exportRuns([bare.id])
    const file = page.saved[0].blob
    const orders = ['selective', 'random'] as const
    const other = orders.flatMap((order) => curve({ epoch: 1, module: 'layer1', order, top1: [0.5, 0.2, 0.1] }))
    const table = createTable(tables.curves)
    for (const row of other) table.put(row)
    const next = opened([{ ...bare, tables: { curves: table.text() } }])
    await next.experiments.openLibrary()
    await next.experiments.importRuns('runs.zip', Promise.resolve([{ path: 'runs.zip', file }]))
    expect(next.experiments.store.getState().runs[0].record.ablation.map(({ epoch }) => epoch)).toEqual([1, 20])
    expect(epochsOf()).toEqual([20])
    await page.experiments.removeRun(bare.id)
    page.lab.measure({ ...byHand, mode: 'mean' })
    page.measure()
    await settled()
    expect([page.stored.size, page.experiments.store.getState().runs]).toEqual([0, []])
  })

  test('a folder without runs is reported', async () => {
    const { experiments } = opened()
    await experiments.importRuns('texts', Promise.resolve([{ path: 'a.txt', file: new Blob([]) }]))
    expect(experiments.store.getState().problems).toEqual([expect.stringMatching(/texts contains no run/)])
  })
})
