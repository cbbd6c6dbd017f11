import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { RunConfig } from '../../config/config.ts'
import type { LabCommand } from '../../protocol/commands.ts'
import type { EndReason, RecordedEvent } from '../../protocol/run-events.ts'
import type { EarlierRuns } from '../../runs/earlier-runs.ts'
import { eventLine } from '../../runs/files.ts'
import type { RunFolders } from '../../runs/folders.ts'
import { newInfo } from '../../runs/format/info.ts'
import { openRunReader } from '../../runs/format/reader.ts'
import { memoryFolders } from '../../runs/memory-folders.ts'
import { runPaths } from '../../runs/run-paths.ts'
import { createTable, tables } from '../../runs/tables.ts'
import { adapter, report, startEvent, stepEvent } from '../../testing/events.ts'
import { openLab } from '../../testing/lab.ts'
import { checkpoint, curve, linear } from '../../testing/measured-run.ts'
import type { IndexedRun, RunIndex } from '../runs/run-index.ts'
import type { ExperimentsHost } from './context.ts'
import { createExperiments } from './create-experiments.ts'

type Start = Extract<LabCommand, { type: 'start' }>

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

/** Writes a run's folder, as the worker does. */
async function writeRun(folders: RunFolders, id: string, events: readonly RecordedEvent[], created: number) {
  const start = events.find((event) => event.type === 'start')
  const files = folders.edit(id)
  await files.replace('run.json', JSON.stringify(newInfo({ id, created, name: start?.config.name ?? id })))
  await files.replace('events.jsonl', events.map(eventLine).join(''))
  for (const event of events)
    if (event.type === 'checkpoint') await files.replace(`checkpoints/${event.file}`, new Uint8Array(4))
}

/** An index that is lost with the page. */
const noIndex: RunIndex = { read: async () => new Map(), put: async () => {}, remove: async () => {} }

const nothingEarlier: EarlierRuns = { entries: async () => [], remove: async () => {} }

const pages: ReturnType<typeof createExperiments>[] = []

/** The page with data and experiments. `train` answers like the worker for the newest run. */
function opened(folders: RunFolders = memoryFolders(), earlier: EarlierRuns = nothingEarlier, index = noIndex) {
  let [started, begun] = [0, 100 * pages.length]
  const own = openLab({ random: () => begun++ })
  const saved: { blob: Blob; name: string }[] = []
  own.lab.open()
  own.answer({ type: 'device', adapter })
  own.lab.readCifar10()
  own.answer({ type: 'data', report, samples: [], secondsPerImage: null })
  const host: ExperimentsHost = {
    lab: own.lab,
    series: own.series,
    folders,
    index,
    earlier,
    persist: async () => {},
    storage: async () => ({ used: 1000, free: 2000, persistent: true }),
    now: () => 1000 + started,
    save: (blob, name) => saved.push({ blob, name }),
    fetch: async () => new Response('', { status: 404 }),
  }
  const experiments = createExperiments(host)
  pages.push(experiments)
  const newest = () =>
    own.sent.findLast((command): command is Extract<LabCommand, { type: 'start' }> => command.type === 'start')
  const train = async (reason: EndReason = 'finished') => {
    started++
    const command = newest()
    const config = command?.config as RunConfig
    const { epochs } = config.train
    const events: RecordedEvent[] = [
      { ...startEvent, config, time: 0 },
      evaluation(0, 0.1),
      stepEvent(1, 1),
      { type: 'checkpoint', step: 1, epoch: epochs, file: checkpoint(epochs), bytes: 4, time: 2 },
      evaluation(epochs, 0.5),
      { type: 'end', step: 1, epoch: epochs, reason, message: reason, advice: '', time: 20 + started },
    ]
    await writeRun(folders, command?.runId ?? '', events, 1000 + started)
    for (const event of events) own.event(event)
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
  const listed = () => experiments.store.getState().runs
  return { ...own, host, experiments, folders, listed, saved, train, measure, names }
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

/** Waits until the page lists this many ended runs. */
const hasStored = (page: ReturnType<typeof opened>, runs: number) =>
  vi.waitFor(() => expect(page.listed().filter(({ record }) => record.state !== 'unfinished')).toHaveLength(runs))

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
      await page.train(reason)
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
  })

  test('a stopped plan continues with the missing runs', async () => {
    const first = page.experiments.startPlan()
    await settled()
    await page.train()
    await hasStored(page, 1)
    page.experiments.stopPlan()
    await page.train('stopped')
    await first
    await hasStored(page, 2)
    expect(plan()).toMatchObject({ status: 'ended', note: expect.stringMatching(/Stopped with 1 of 4 runs/) })
    void page.experiments.startPlan()
    await settled()
    expect(plan()?.runs.map(({ status }) => status)).toEqual(['existing', 'running', 'waiting', 'waiting'])
    expect(page.names()).toEqual(['none/seed-1', 'slow/seed-1', 'slow/seed-1'])
  })

  test('a run that was interrupted goes on from its resume point', async () => {
    const first = page.experiments.startPlan()
    await settled()
    const { runId, config } = page.sent.findLast((command) => command.type === 'start') as Start
    await page.train('stopped')
    await first
    await hasStored(page, 1)
    const files = page.folders.edit(runId)
    await files.replace('events.jsonl', [{ ...startEvent, config, time: 0 }, stepEvent(1, 1)].map(eventLine).join(''))
    const sealed = { file: 'resume/step-00000001.weights.safetensors', bytes: 1, sha256: '0'.repeat(64) }
    const logs = { events: 10, units: 0 }
    const point = {
      step: 1,
      epoch: 0,
      batch: 1,
      weights: sealed,
      momentum: sealed,
      logs,
      checkpoint: '',
      savedStep: -1,
    }
    await files.replace('resume/points.json', JSON.stringify({ format: 2, points: [point] }))
    await page.experiments.refreshRuns()
    expect(page.listed()).toMatchObject([{ state: 'interrupted', facts: { points: [{ step: 1 }] } }])
    void page.experiments.startPlan()
    const resumed = { type: 'start', runId, from: { kind: 'resume', mark: { reason: 'user' } } }
    await vi.waitFor(() => expect(page.sent.at(-1)).toMatchObject(resumed))
    page.event({ ...startEvent, config, fromStep: 1, resumed: { reason: 'user', message: '' }, time: 2 })
    page.event({ type: 'end', step: 2, epoch: 1, reason: 'finished', message: '', advice: '', time: 3 })
    await vi.waitFor(() => expect(page.names()).toEqual(['none/seed-1', 'none/seed-1', 'slow/seed-1']))
  })

  test('a paused plan starts no run', async () => {
    const ended = page.experiments.startPlan()
    await settled()
    page.experiments.pausePlan()
    expect(page.state().run.status).toBe('paused')
    await page.train()
    await settled()
    expect(page.names()).toHaveLength(1)
    page.experiments.resumePlan()
    await settled()
    expect(page.names()).toHaveLength(2)
    page.experiments.stopPlan()
    await page.train('stopped')
    await ended
  })

  const measuring = () => plan()?.runs.map(({ status }) => status)
  const twoRuns = { seeds: '1', measure: ['ablation', 'linearity'], measureEpochs: '1' } as const

  test('a run is measured when it has ended, and its measurements are listed', async () => {
    page.experiments.setDraft(twoRuns)
    const ended = page.experiments.startPlan()
    await settled()
    await page.train()
    await settled()
    expect(measuring()).toEqual(['measuring', 'waiting'])
    page.measure()
    await settled()
    expect(page.sent.at(-1)).toMatchObject({ measurement: { kind: 'linearity', checkpoints: [{ epoch: 1 }] } })
    page.measure()
    await settled()
    expect(measuring()).toEqual(['finished', 'running'])
    await page.train()
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
    const [first] = page.listed()
    const reader = await openRunReader(page.folders.open(first.id), 'first')
    expect(Object.keys(await reader.tables())).toEqual(['curves', 'linearity'])
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
    await page.train()
    await settled()
    page.answer({
      type: 'data',
      report: { ...report, source: 'own.zip', splitBySeed: true },
      samples: [],
      secondsPerImage: null,
    })
    await settled()
    await page.train()
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
    await page.train()
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
    await page.train()
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
    await page.train('stopped')
    await again
    // Where the checkpoints are gone, measurements remain, but missing ones cannot be taken.
    const [{ id }] = page.listed()
    await page.folders.edit(id).remove(`checkpoints/${checkpoint(1)}`)
    const next = opened(page.folders)
    await next.experiments.openLibrary()
    next.experiments.setDraft({ ...page.experiments.store.getState().draft, measure: ['ablation'] })
    void next.experiments.startPlan()
    await settled()
    expect(next.experiments.store.getState().plan?.runs[0]).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/its checkpoints are not there/),
    })
    next.experiments.stopPlan()
    await next.train('stopped')
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
    await page.train()
    await settled()
    page.lab.setConfigText('train.epochs', '8')
    page.experiments.stopPlan()
    await page.train('stopped')
    await ended
    expect(page.state()).toMatchObject({ config, drafts })
  })

  test('continues with the same plan, although the form has changed since it was stopped', async () => {
    const ended = page.experiments.startPlan()
    await settled()
    page.experiments.stopPlan()
    await page.train('stopped')
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
    await page.train('stopped')
    await again
  })

  test('does not train on a dataset that was opened during the plan', async () => {
    page.experiments.setDraft({ seeds: '1, 2', arms: [{ name: 'none', changes: '' }] })
    const ended = page.experiments.startPlan()
    await settled()
    page.experiments.pausePlan()
    await page.train()
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
    await page.train()
    await settled()
    expect([page.names(), reads()]).toEqual([['none/seed-1', 'none/seed-2'], before])
    await page.train()
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
    await page.train('stopped')
    await timed
    expect(page.sent.filter(({ type }) => type === 'start')).toHaveLength(1)
    expect(page.lab.store.getState().status).toBe('The steps could not be timed: You stopped the run before step 8.')
    expect(page.experiments.store.getState().timing).toBe(false)
  })

  test('Stop in the header ends the plan', async () => {
    const ended = page.experiments.startPlan()
    await settled()
    page.lab.stop()
    await page.train('stopped')
    await ended
    expect(page.names()).toHaveLength(1)
    expect(plan()?.status).toBe('ended')
  })
})

const zipOf = (file: Blob) => Promise.resolve([{ path: 'runs.zip', file }])

/** Copies the files of a run into other folders. */
async function copied(from: RunFolders, id: string, without: readonly string[] = []): Promise<RunFolders> {
  const to = memoryFolders()
  for (const path of await runPaths(from.open(id))) {
    const blob = await from.open(id).read(path)
    if (blob && !without.includes(path)) await to.edit(id).replace(path, blob)
  }
  return to
}

describe('the list of runs', () => {
  test('a run is listed when it ends and at the next visit; deleted, it can be restored until it is purged', async () => {
    const page = opened()
    page.lab.start()
    await page.train()
    await hasStored(page, 1)
    const [{ id }] = page.listed()
    const next = opened(page.folders)
    await next.experiments.openLibrary()
    const { busy, problems, storage } = next.experiments.store.getState()
    expect(next.listed()).toMatchObject([{ id, state: 'finished', stored: true }])
    expect(next.listed()[0].facts.checkpoints).toEqual([{ file: checkpoint(20), epoch: 20, step: 1 }])
    expect(next.listed()[0].record).toEqual(page.listed()[0].record)
    expect([busy, problems, storage?.persistent]).toEqual([null, [], true])
    await next.experiments.deleteRuns([id])
    expect([next.listed(), next.experiments.store.getState().undo]).toEqual([[], [id]])
    await next.experiments.restoreRuns([id])
    expect([next.listed().length, next.experiments.store.getState().undo]).toEqual([1, []])
    await next.experiments.deleteRuns([id])
    const third = opened(page.folders)
    await third.experiments.openLibrary()
    expect([third.listed(), third.experiments.store.getState().deleted.length]).toEqual([[], 1])
    await third.experiments.purgeRuns([id])
    expect([third.experiments.store.getState().deleted, await page.folders.ids()]).toEqual([[], []])
  })

  test('a deleted run is purged after 30 days, and not earlier', async () => {
    const page = opened()
    const day = 24 * 3600 * 1000
    for (const [id, deleted] of [
      ['old', 1000 - 31 * day],
      ['new', 1000 - 29 * day],
    ] as const) {
      await writeRun(page.folders, id, [{ ...startEvent, time: 0 }, stepEvent(1, 1)], 0)
      const info = { ...newInfo({ id, created: 0, name: id }), deleted: Math.max(0, deleted + 31 * day) }
      await page.folders.edit(id).replace('run.json', JSON.stringify(info))
    }
    const now = vi.spyOn(page.host, 'now').mockReturnValue(1000 + 31 * day)
    await page.experiments.openLibrary()
    now.mockRestore()
    expect(page.experiments.store.getState().deleted.map(({ id }) => id)).toEqual(['new'])
    expect(await page.folders.ids()).toEqual(['new'])
  })

  test('names, tags, notes and pins are stored in run.json', async () => {
    const page = opened()
    page.lab.start()
    await page.train()
    await hasStored(page, 1)
    const [{ id }] = page.listed()
    const { experiments } = page
    await Promise.all([
      experiments.renameRun(id, ' new name '),
      experiments.tagRun(id, 'a, b,, a'),
      experiments.noteRun(id, 'why'),
      experiments.pinRun(id, true),
      experiments.renameRun(id, '  '),
    ])
    const next = opened(page.folders)
    await next.experiments.openLibrary()
    expect(next.listed()[0].info).toMatchObject({ name: 'new name', tags: ['a', 'b'], note: 'why', pinned: true })
    expect(next.listed()[0].record.name).toBe('new name')
  })

  test('without the index, or with an outdated one, everything is read from the folders', async () => {
    const page = opened()
    page.lab.start()
    await page.train()
    await hasStored(page, 1)
    const [{ id }] = page.listed()
    const kept = new Map<string, IndexedRun>()
    const index: RunIndex = {
      read: async () => kept,
      put: async (own, run) => void kept.set(own, run),
      remove: async (ids) => ids.forEach((own) => void kept.delete(own)),
    }
    const visit = async () => {
      const next = opened(page.folders, nothingEarlier, index)
      await next.experiments.openLibrary()
      return next.listed()
    }
    const first = await visit()
    expect([...kept.keys()]).toEqual([id])
    // The index is used: its record is shown as it is.
    const known = kept.get(id) as IndexedRun
    kept.set(id, { ...known, record: { ...known.record, lab: 'from the index' } })
    expect((await visit())[0].record.lab).toBe('from the index')
    // A changed folder is read again.
    const log = await page.folders.open(id).read('events.jsonl')
    await page.folders.edit(id).replace('events.jsonl', `${await log?.text()}\n`)
    expect(await visit()).toEqual(first.map((run) => ({ ...run, bytes: run.bytes + 1 })))
    kept.clear()
    expect(await visit()).toEqual(first.map((run) => ({ ...run, bytes: run.bytes + 1 })))
  })

  test('a damaged run is reported and the others are listed; runs of one name are numbered', async () => {
    const folders = memoryFolders()
    const events: RecordedEvent[] = [{ ...startEvent, time: 0 }, stepEvent(1, 1)]
    await writeRun(folders, 'whole', events, 1)
    await writeRun(folders, 'again', events, 2)
    await writeRun(folders, 'broken', events, 3)
    await folders.edit('broken').replace('events.jsonl', 'no json\n')
    await folders.edit('empty').replace('checkpoints/epoch-0000.safetensors', new Uint8Array(1))
    const page = opened(folders)
    await page.experiments.openLibrary()
    const { name } = startEvent.config
    expect(page.listed().map(({ record, state }) => [record.name, state])).toEqual([
      [name, 'interrupted'],
      [`(2) ${name}`, 'interrupted'],
    ])
    expect(page.experiments.store.getState().problems).toEqual([expect.stringMatching(/line 1 of events\.jsonl/)])
    // What has neither run.json nor a log was left by an earlier version; the damaged run stays.
    expect(await folders.ids()).toEqual(['whole', 'again', 'broken'])
  })

  test('exported runs are the same when they are imported, with their measurements and checkpoints', async () => {
    const page = opened()
    for (const name of ['none/seed-1', 'late/seed-1', 'none/seed-1']) {
      const before = page.listed().length
      page.lab.setConfigValue('name', name)
      page.lab.start()
      await page.train()
      if (name === 'late/seed-1') {
        page.lab.measure(byHand)
        page.measure()
      }
      await hasStored(page, before + 1)
    }
    await settled()
    const { experiments } = page
    const runs = page.listed()
    await experiments.exportRuns(runs.map(({ id }) => id))
    await experiments.exportRuns([runs[1].id])
    const [all, one] = page.saved
    expect([all.name, one.name]).toEqual(['3-runs.zip', 'late-seed-1.zip'])
    const imported = async (file: Blob) => {
      const next = opened()
      await next.experiments.importRuns('runs.zip', zipOf(file))
      expect(next.experiments.store.getState().problems).toEqual([])
      return next.listed()
    }
    const before = runs.map(({ record }) => record)
    expect(before.map(({ name }) => name)).toEqual(['none/seed-1', 'late/seed-1', '(2) none/seed-1'])
    const again = await imported(all.blob)
    expect(again.map(({ record }) => record)).toEqual(before)
    expect(again.map(({ id, facts }) => [id, facts])).toEqual(runs.map(({ id, facts }) => [id, facts]))
    expect((await imported(one.blob)).map(({ record }) => record)).toEqual([before[1]])
    expect(before[1].ablation).toHaveLength(1)
    // The same page recognizes them.
    await experiments.importRuns('runs.zip', zipOf(all.blob))
    expect(page.state().status).toBe('0 runs imported. 3 existed already.')
  })

  test('a copy completes a run: measurements and checkpoints that it lacks; what both have stays', async () => {
    const page = opened()
    page.lab.start()
    await page.train()
    await hasStored(page, 1)
    const [{ id }] = page.listed()
    const bare = opened(await copied(page.folders, id, [`checkpoints/${checkpoint(20)}`]))
    page.lab.measure(byHand)
    page.measure()
    await settled()
    await page.experiments.exportRuns([id])
    const file = page.saved[0].blob
    const table = createTable(tables.curves)
    for (const order of ['selective', 'random'] as const)
      for (const row of curve({ epoch: 1, module: 'layer1', order, top1: [0.5, 0.2, 0.1] })) table.put(row)
    await bare.folders.edit(id).replace(tables.curves.file, table.text())
    await bare.experiments.openLibrary()
    await bare.experiments.importRuns('runs.zip', zipOf(file))
    expect(bare.state().status).toBe('0 runs imported. 1 existed already. 1 of them got what they lacked.')
    const [{ record, facts }] = bare.listed()
    expect(record.ablation.map(({ epoch }) => epoch)).toEqual([1, 20])
    expect(facts.checkpoints).toHaveLength(1)
    expect(page.listed()[0].record.ablation.map(({ epoch }) => epoch)).toEqual([20])
  })

  test('a deleted run is not listed again by a measurement, and an import restores it', async () => {
    const page = opened()
    page.lab.start()
    await page.train()
    await hasStored(page, 1)
    const [{ id }] = page.listed()
    await page.experiments.exportRuns([id])
    await page.experiments.deleteRuns([id])
    page.lab.measure(byHand)
    page.measure()
    await settled()
    expect(page.listed()).toEqual([])
    await page.experiments.importRuns('runs.zip', zipOf(page.saved[0].blob))
    expect(page.listed().map((run) => run.id)).toEqual([id])
  })

  test('a folder without runs is reported', async () => {
    const { experiments } = opened()
    await experiments.importRuns('texts', Promise.resolve([{ path: 'a.txt', file: new Blob([]) }]))
    expect(experiments.store.getState().problems).toEqual([expect.stringMatching(/texts contains no run/)])
  })

  test('a run of an earlier visit opens with its series, and its control is that of an ended run', async () => {
    const page = opened()
    page.lab.start()
    await page.train()
    await hasStored(page, 1)
    const [{ id }] = page.listed()
    const next = opened(page.folders)
    await next.experiments.openLibrary()
    await next.experiments.openRun(id)
    expect(next.series.current()?.evaluations.map(({ top1 }) => top1)).toEqual([0.1, 0.5])
    expect(next.state().run).toMatchObject({ id, status: 'ended', end: { reason: 'finished' } })
    expect(next.experiments.store.getState().center).toBe('run')
  })
})
