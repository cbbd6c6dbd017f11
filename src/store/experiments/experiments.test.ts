import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { LabCommand } from '../../protocol/commands.ts'
import { eventLine } from '../../runs/files.ts'
import { openRunReader } from '../../runs/format/reader.ts'
import { report, startEvent, stepEvent } from '../../testing/events.ts'
import { checkpoint } from '../../testing/measured-run.ts'
import { byHand, hasStored, opened, settled } from '../../testing/page.ts'

type Start = Extract<LabCommand, { type: 'start' }>

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

  test('choosing a plan with a preset puts the preset and its parameters into the form', async () => {
    await page.experiments.choosePlan('early-or-late-cifar10')
    expect(page.state().config).toMatchObject({ model: { width: 16 }, optimizer: { weightDecay: 0.002 } })
    expect(page.experiments.store.getState().draft).toMatchObject({ alpha: '−0.5', late: '5', epochs: '15' })
    const { config } = page.state()
    await page.experiments.choosePlan('strength-sweep')
    expect(page.state().config).toBe(config)
    expect(page.experiments.store.getState().draft).toMatchObject({ kind: 'strength-sweep', epochs: '15' })
  })

  test('what is found about the images of a run after its end is added to its note', async () => {
    page.experiments.setDraft({ kind: 'own', seeds: '1', arms: [{ name: 'none', changes: '' }] })
    const ended = page.experiments.startPlan()
    await settled()
    await page.train()
    await ended
    await hasStored(page, 1)
    const [{ id }] = page.listed()
    await page.experiments.noteRun(id, 'mine')
    page.answer({ type: 'findings', runId: id, text: 'Identical files.' })
    await vi.waitFor(() => expect(page.listed()[0].info.note).toBe('mine\nIdentical files.'))
    const stored = await page.folders.open(id).read('run.json')
    expect(JSON.parse((await stored?.text()) ?? '')).toMatchObject({ note: 'mine\nIdentical files.' })
  })

  test('a stopped plan continues with the missing runs', async () => {
    const first = page.experiments.startPlan()
    await settled()
    await page.train()
    await hasStored(page, 1)
    await page.experiments.stopPlan()
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
    await page.experiments.pausePlan()
    expect(page.state().run.status).toBe('paused')
    await page.train()
    await settled()
    expect(page.names()).toHaveLength(1)
    await page.experiments.resumePlan()
    await settled()
    expect(page.names()).toHaveLength(2)
    await page.experiments.stopPlan()
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
    await page.experiments.stopPlan()
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
    await page.experiments.stopPlan()
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
    await next.experiments.stopPlan()
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
    await page.experiments.stopPlan()
    await page.train('stopped')
    await ended
    expect(page.state()).toMatchObject({ config, drafts })
  })

  test('continues with the same plan, although the form has changed since it was stopped', async () => {
    const ended = page.experiments.startPlan()
    await settled()
    await page.experiments.stopPlan()
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
    await page.experiments.stopPlan()
    await page.train('stopped')
    await again
  })

  test('does not train on a dataset that was opened during the plan', async () => {
    page.experiments.setDraft({ seeds: '1, 2', arms: [{ name: 'none', changes: '' }] })
    const ended = page.experiments.startPlan()
    await settled()
    await page.experiments.pausePlan()
    await page.train()
    await settled()
    page.lab.readArchive(new File([], 'own.zip'))
    page.answer({ type: 'data', report: { ...report, source: 'own.zip' }, samples: [], secondsPerImage: null })
    await page.experiments.resumePlan()
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
    await page.experiments.stopPlan()
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
