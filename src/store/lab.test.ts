import { BlobReader, type FileEntry, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { parseConfig } from '../config/config.ts'
import { presets } from '../config/presets.ts'
import { openRunReader } from '../runs/format/reader.ts'
import { zippedRuns } from '../runs/format/zip-files.ts'
import { adapter, report, startEvent, stepEvent } from '../testing/events.ts'
import { openLab, readyLab, runningLab, settled } from '../testing/lab.ts'
import { readTfEvents } from '../testing/tfevents.ts'
import { configLink } from './link.ts'
import { loadedData, startBlocker } from './status.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const types = (sent: readonly { type: string }[]) => sent.map(({ type }) => type)

describe('configuration', () => {
  test('refused text is explained and stays in the field, and the last valid value remains', () => {
    const { lab, state } = openLab()
    const before = state().config.train.epochs
    lab.setConfigText('train.epochs', '0')
    expect(state().fieldErrors['train.epochs']).toMatch(/invalid train\.epochs: "0"; it must be a whole number/)
    lab.settleField('train.epochs')
    expect(state().drafts['train.epochs']).toBe('0')
    expect(state().config.train.epochs).toBe(before)
    lab.setConfigText('train.epochs', '7')
    expect(state().config.train.epochs).toBe(7)
    expect(state().fieldErrors).toEqual({})
    lab.settleField('train.epochs')
    expect(state().drafts).toEqual({})
  })

  test('typed text stays until the field loses the focus', () => {
    const { lab, state } = openLab()
    lab.setConfigText('optimizer.learningRate', '0.')
    expect([state().config.optimizer.learningRate, state().drafts['optimizer.learningRate']]).toEqual([0, '0.'])
  })

  test('a smaller batch lowers the micro-batch too; a micro-batch larger than the batch is refused', () => {
    const { lab, state } = openLab()
    lab.setConfigValue('train.batchSize', 16)
    expect(state().config.train).toMatchObject({ batchSize: 16, microBatchSize: 16 })
    lab.setConfigValue('train.microBatchSize', 32)
    expect(state().fieldErrors['train.microBatchSize']).toMatch(/at most train\.batchSize \(16\)/)
  })

  test('a preset clears the errors and leaves the dataset', () => {
    const { lab, state, answer } = readyLab()
    lab.readCifar10()
    answer({ type: 'data', report: { ...report, source: 'mine' }, samples: [], secondsPerImage: null })
    lab.setConfigText('train.epochs', 'x')
    lab.applyPreset('small')
    expect(state().fieldErrors).toEqual({})
    expect([state().config.model.width, state().config.data.source]).toEqual([8, 'mine'])
    expect(() => lab.applyPreset('huge')).toThrow(/unknown preset: huge \(have rise-and-recede-cifar10/)
  })

  test('a preset chooses the same classes before and after the check of the images, and they stay', () => {
    const listedClasses = Array.from({ length: 102 }, (_, i) => ({ id: `c${1000 + i}`, train: 200, validation: 20 }))
    const listed = {
      ...report,
      source: 'mine',
      classes: listedClasses.map((own) => ({ ...own, name: own.id })),
      listedClasses,
    }
    // One image of the first class cannot be read, and none of the second.
    const classes = listed.classes.filter((_, i) => i !== 1).map((own, i) => (i === 0 ? { ...own, train: 199 } : own))
    const chosenOn = (found: typeof report) => {
      const { lab, state, answer } = readyLab()
      lab.readCifar10()
      answer({ type: 'data', report: found, samples: [], secondsPerImage: null })
      lab.applyPreset('rise-and-recede-100')
      const { config } = state()
      lab.takeConfig(config)
      expect(state().config.data.classes).toEqual(config.data.classes)
      return config.data.classes
    }
    expect(chosenOn(listed)).toEqual(listedClasses.slice(0, 100).map(({ id }) => id))
    expect(chosenOn({ ...listed, classes })).toEqual(chosenOn(listed))
  })

  test('a first visit begins with the preset for its adapter', () => {
    const on = (software: boolean, options: Parameters<typeof openLab>[0] = {}) => {
      const { lab, state, answer } = openLab(options)
      lab.open()
      return {
        lab,
        name: () => state().config.name,
        ready: () => answer({ type: 'device', adapter: { ...adapter, software } }),
      }
    }
    const gpu = on(false)
    expect(gpu.name()).toBe('rise-and-recede-cifar10')
    gpu.ready()
    expect(gpu.name()).toBe('rise-and-recede-cifar10')
    const software = on(true)
    software.ready()
    expect(software.name()).toBe('small')
    // A choice of the user stays, also when a new worker finds the adapter again.
    software.lab.applyPreset('rise-and-recede-cifar10')
    software.ready()
    expect(software.name()).toBe('rise-and-recede-cifar10')
    const changed = on(true)
    changed.lab.setConfigValue('train.epochs', 3)
    changed.ready()
    expect(changed.name()).toBe('rise-and-recede-cifar10')
    const config = parseConfig({ ...presets[0].config, name: 'mine' })
    const stored = on(true, { stored: { 'selectivity-lab.config': JSON.stringify(config) } })
    stored.ready()
    expect(stored.name()).toBe('mine')
    const linked = on(true, { hash: new URL(configLink('http://x/', config)).hash })
    linked.ready()
    expect(linked.name()).toBe('mine')
  })

  test('the preset with 100 classes chooses them from the dataset, and says which', () => {
    const classes = Array.from({ length: 120 }, (_, i) => ({
      id: `c${1000 + i}`,
      name: 'x',
      train: 300,
      validation: 50,
    }))
    const { lab, state, answer } = openLab()
    const read = () => {
      lab.readArchive(new File([], 'mine.zip'))
      answer({ type: 'data', report: { ...report, source: 'mine.zip', classes }, samples: [], secondsPerImage: null })
    }
    lab.applyPreset('rise-and-recede-100')
    expect(state().config.data.classes).toBeNull()
    read()
    const first = classes.slice(0, 100).map(({ id }) => id)
    expect(state().config.data.classes).toEqual(first)
    expect(state().status).toContain('100 of 120 classes are used')
    lab.setConfigValue('data.classes', ['c1000', 'c1119'])
    read()
    expect(state().config.data.classes).toEqual(['c1000', 'c1119'])
    lab.applyPreset('rise-and-recede-100')
    expect(state().config.data.classes).toEqual(first)
    expect(state().status).toContain('Preset applied: Rise and recede, 100 classes. 100 of 120 classes')
  })

  test('a start that exceeds the adapter offers the micro-batch that fits', async () => {
    const { lab, state, answer } = runningLab()
    answer({ type: 'failure', message: 'A training step needs 512 MiB in one binding', microBatchSize: 4 })
    expect(state()).toMatchObject({ fittingMicroBatch: 4, run: { status: 'ended' } })
    lab.takeFittingMicroBatch()
    expect(state()).toMatchObject({ config: { train: { microBatchSize: 4 } }, failure: null, fittingMicroBatch: null })
    answer({ type: 'failure', message: 'Training needs 9 MiB of GPU memory', microBatchSize: 2, recompute: true })
    expect(state()).toMatchObject({ fittingMicroBatch: 2, fitsRecomputed: true })
    lab.takeRecomputation()
    expect(state()).toMatchObject({ config: { train: { microBatchSize: 4, recompute: true } }, failure: null })
    answer({ type: 'failure', message: 'unforeseen' })
    expect(state()).toMatchObject({ failure: 'unforeseen', fittingMicroBatch: null, fitsRecomputed: false })
    lab.takeFittingMicroBatch()
    expect(state()).toMatchObject({ config: { train: { microBatchSize: 4 } }, failure: 'unforeseen' })
  })

  test('nothing changes while a run is active', () => {
    const { lab, state } = runningLab()
    const { config } = state()
    lab.setConfigValue('train.epochs', 3)
    lab.applyPreset('small')
    expect(state().config).toBe(config)
  })

  test('a link has priority over the last visit; an invalid configuration is dropped, and an invalid link is reported', () => {
    const stored = { 'selectivity-lab.config': JSON.stringify(parseConfig({ name: 'stored' })) }
    expect(openLab({ stored }).state().config.name).toBe('stored')
    const hash = new URL(configLink('http://x/#old', parseConfig({ name: 'linked', train: { epochs: 3 } }))).hash
    expect(openLab({ stored, hash }).state().config).toEqual(parseConfig({ name: 'linked', train: { epochs: 3 } }))
    expect(openLab({ stored: { 'selectivity-lab.config': '{"epochs":1}' } }).state().config.name).toBe(
      'rise-and-recede-cifar10',
    )
    const wrong = openLab({ stored, hash: `#config=${encodeURIComponent('{"train":{"epochs":0}}')}` }).state()
    expect(wrong.config.name).toBe('stored')
    expect(wrong.failure).toMatch(/invalid train\.epochs: 0/)
  })
})

describe('data', () => {
  test('reading shows progress and ends with a report, the source and fitting classes', () => {
    const { lab, state, answer, sent } = openLab()
    lab.setConfigValue('data.classes', ['cat', 'cow'])
    lab.readCifar10()
    expect(sent).toEqual([
      {
        type: 'read-data',
        request: 1,
        input: { kind: 'cifar10' },
        validationFraction: 0.1,
        maxMegapixels: 179,
        side: 32,
        seed: 1,
      },
    ])
    answer({ type: 'reading', done: 1 })
    expect(state().data).toMatchObject({ status: 'reading', name: 'CIFAR-10', done: 1 })
    answer({ type: 'data', report, samples: [], secondsPerImage: null })
    expect(state().data).toMatchObject({ status: 'ready', report })
    expect(state().config.data.classes).toBeNull()
    expect(state().status).toBe('Dataset read: 3 classes, 30 training and 6 validation images.')
    lab.readCifar10()
    const unreadable = [{ path: 'cat/1.png', reason: 'the PNG is truncated' }]
    answer({ type: 'data', report: { ...report, unreadable }, samples: [], secondsPerImage: null })
    expect(state().status).toMatch(/images\. 1 file could not be read\.$/)
  })

  test('answers to earlier requests do not count as the answer to the newest', () => {
    const { lab, state, answer } = openLab()
    lab.readCifar10()
    lab.readArchive(new File([], 'mine.zip'))
    answer({ type: 'data', request: 1, report, samples: [], secondsPerImage: null })
    answer({ type: 'reading', request: 1, done: 3 })
    answer({ type: 'data-refused', request: 1, message: 'old', cancelled: false })
    expect(state().data).toMatchObject({ status: 'reading', name: 'mine.zip', done: 0 })
    answer({ type: 'data', request: 2, report: { ...report, source: 'mine.zip' }, samples: [], secondsPerImage: null })
    expect(state().data).toMatchObject({ status: 'ready', report: { source: 'mine.zip' } })
  })

  test('a failed reading reports the reason, and the dataset from before stays', () => {
    const { lab, state, answer } = readyLab()
    lab.readArchive(new File([], 'broken.zip'))
    answer({ type: 'data-refused', message: 'broken.zip is no archive', cancelled: false })
    expect(state().data).toMatchObject({ status: 'refused', message: 'broken.zip is no archive' })
    expect(loadedData(state().data)?.report).toBe(report)
    expect(startBlocker(state())).toBeNull()
  })

  test('cancelling restores the dataset from before, and late answers change nothing', async () => {
    const { lab, state, answer, sent } = readyLab()
    const files = Promise.resolve([])
    const reading = lab.readFiles('folder', files)
    lab.cancelReading()
    await reading
    expect(types(sent)).toEqual(['read-data'])
    lab.readCifar10()
    lab.cancelReading()
    answer({ type: 'data-refused', message: 'late', cancelled: true })
    answer({ type: 'reading', done: 9 })
    expect(types(sent)).toEqual(['read-data', 'read-data', 'cancel-reading'])
    expect(state().data).toMatchObject({ status: 'ready', report })
  })

  test('a folder is refused if its files cannot be collected', async () => {
    const { lab, state } = openLab()
    await lab.readFiles('gone', Promise.reject(new Error('no permission')))
    expect(state().data).toMatchObject({
      status: 'refused',
      message: expect.stringMatching(/gone could not be read.*no permission/),
    })
  })
})

describe('run', () => {
  test('cannot start without dataset, device or a valid configuration, and reports the reason', () => {
    const { lab, state, answer, sent } = openLab()
    lab.start()
    expect(state().status).toMatch(/Choose a dataset first/)
    lab.readCifar10()
    answer({ type: 'data', report, samples: [], secondsPerImage: null })
    expect(startBlocker(state())).toMatch(/Wait until the GPU is ready/)
    answer({ type: 'device', adapter })
    expect(startBlocker(state())).toBeNull()
    lab.setConfigText('seed', '-1')
    expect(startBlocker(state())).toMatch(/Correct the marked fields: seed/)
    answer({ type: 'device-refused', reason: 'self-test', message: 'wrong numbers' })
    expect(startBlocker(state())).toMatch(/GPU could not be started/)
    answer({ type: 'device-refused', reason: 'no-webgpu', message: 'no navigator.gpu' })
    expect(startBlocker(state())).toMatch(/needs WebGPU/)
    expect(types(sent)).toEqual(['read-data'])
  })

  test('starts, pauses, steps, resumes, stops and ends', () => {
    const { lab, state, sent, event, series } = runningLab()
    expect(state().run).toMatchObject({ status: 'running', id: '20260131-140205-3f9a' })
    expect(series.current()?.id).toBe('20260131-140205-3f9a')
    lab.stepOnce()
    lab.pause()
    lab.stepOnce()
    expect(state().run.status).toBe('paused')
    lab.resume()
    lab.stop()
    expect(types(sent)).toEqual(['read-data', 'start', 'pause', 'step', 'resume', 'stop'])
    expect(state().run.status).toBe('stopping')
    event({ type: 'end', step: 3, epoch: 0.3, reason: 'stopped', message: 'Stopped by you.', advice: '', time: 10 })
    expect(state().run).toMatchObject({ status: 'ended', end: { reason: 'stopped' }, moment: { step: 3 } })
    expect(state().status).toMatch(/Stopped by you/)
  })

  test('the shown moment follows at most twice a second', () => {
    const { state, event, lab } = runningLab()
    const seen: number[] = []
    lab.store.subscribe(({ run }, before) => run.moment !== before.run.moment && seen.push(run.moment.step))
    vi.advanceTimersByTime(300)
    for (let step = 1; step <= 50; step++) {
      event(stepEvent(step, step * 10))
      vi.advanceTimersByTime(10)
    }
    vi.advanceTimersByTime(300)
    expect(seen.length).toBeLessThanOrEqual(3)
    expect(state().run.moment).toEqual({ step: 50, epoch: 5 })
  })

  test('another run is shown at once, however recent the last event is', () => {
    const { lab, event, series } = runningLab()
    vi.advanceTimersByTime(1000)
    event({ type: 'end', step: 2, epoch: 0.2, reason: 'stopped', message: '', advice: '', time: 30 })
    expect(series.snapshot().run?.start).not.toBeNull()
    lab.start()
    expect(series.snapshot().run).toMatchObject({ id: series.current()?.id, start: null })
  })

  test('the progress of timing and compiling is shown; the timing can be skipped, and is repeated once on request', () => {
    const { lab, sent, answer, state, workers } = readyLab()
    lab.setRetune(true)
    lab.start()
    expect(sent.at(-1)).toMatchObject({ type: 'start', tuning: 'again' })
    expect(state().retune).toBe(false)
    answer({ type: 'tuning', done: 3, total: 9, work: 'forward' })
    expect(state().tuning).toEqual({ done: 3, total: 9, work: 'forward' })
    expect(state().status).toBe('Timing the kernels on this GPU. This happens once.')
    lab.skipTuning()
    expect(sent.at(-1)).toEqual({ type: 'skip-tuning' })
    answer({ type: 'tuning', done: 4, total: 9, work: '' })
    expect(state().tuning).toBe(null)
    answer({ type: 'compiling', done: 41, total: 130 })
    expect(state().compiling).toEqual({ done: 41, total: 130 })
    answer({ type: 'compiling', done: 130, total: 130 })
    expect(state().compiling).toBe(null)
    answer({ type: 'compiling', done: 1, total: 9 })
    answer({ type: 'tuning', done: 1, total: 9, work: 'forward' })
    workers.at(-1)?.onCrash('gone')
    expect([state().tuning, state().compiling]).toEqual([null, null])
  })

  test('steps are compiled unless the user turns compilation off', () => {
    const { lab, sent, state } = readyLab()
    lab.setEager(true)
    lab.start()
    expect(sent.at(-1)).toMatchObject({ type: 'start', eager: true })
    expect(state().eager).toBe(true)
    lab.setEager(false)
    expect(sent.filter(({ type }) => type === 'start')).toHaveLength(1)
  })

  test('another seed reads a folder again before the run starts, unless the source defines the split', async () => {
    const { lab, sent, answer, state } = readyLab()
    const mine = {
      type: 'data',
      report: { ...report, source: 'mine', splitBySeed: true },
      samples: [],
      secondsPerImage: null,
    } as const
    await lab.readFiles('mine', [])
    answer(mine)
    lab.setConfigValue('seed', 2)
    lab.start()
    expect(sent.at(-1)).toMatchObject({ type: 'read-data', input: { kind: 'files', name: 'mine' }, seed: 2 })
    answer(mine)
    await settled()
    expect(sent.at(-1)).toMatchObject({ type: 'start', config: { seed: 2 } })
    expect(state().run.status).toBe('starting')

    const split = readyLab()
    await split.lab.readFiles('with train and val', [])
    split.answer({ ...mine, report: { ...mine.report, splitBySeed: false } })
    split.lab.setConfigValue('seed', 2)
    split.lab.setConfigValue('data.validationFraction', 0.3)
    split.lab.start()
    expect(split.sent.at(-1)).toMatchObject({ type: 'start', config: { seed: 2 } })

    const cifar = readyLab()
    cifar.lab.setConfigValue('seed', 2)
    cifar.lab.start()
    expect(types(cifar.sent)).toEqual(['read-data', 'start'])
  })

  test('another limit on megapixels reads the images again before the run starts', async () => {
    const { lab, sent, answer } = readyLab()
    await lab.readFiles('mine', [])
    answer({ type: 'data', report: { ...report, source: 'mine' }, samples: [], secondsPerImage: null })
    lab.setConfigValue('data.maxMegapixels', 50)
    lab.start()
    expect(sent.at(-1)).toMatchObject({ type: 'read-data', input: { name: 'mine' }, maxMegapixels: 50 })
  })

  test('after a refused start the page is ready for another', () => {
    const { lab, state, answer, series } = readyLab()
    lab.start()
    answer({ type: 'failure', message: 'class unknown' })
    expect([state().run.status, state().failure, series.current()]).toEqual(['idle', 'class unknown', null])
    lab.dismissFailure()
    expect(state().failure).toBeNull()
  })

  test('earlier runs remain, and each can be exported', async () => {
    vi.useRealTimers()
    const { lab, event, series, saved } = runningLab()
    event({ type: 'end', step: 0, epoch: 0, reason: 'stopped', message: '', advice: '', time: 1 })
    const first = series.current()
    lab.start()
    event({ ...startEvent, time: 0 })
    expect(series.earlier()).toEqual([first])
    await lab.exportRun()
    expect(saved.map(({ name }) => name)).toEqual(['baseline-20260131-140205-3f9a.zip'])
    const [{ files }] = await zippedRuns(saved[0].blob)
    const { info } = await openRunReader(files, 'mine')
    const created = new Date(2026, 0, 31, 14, 2, 5).getTime()
    expect(info).toMatchObject({ id: '20260131-140205-3f9a', name: 'baseline', origin: 'trained', created })
  })

  test('a run is exported for TensorBoard while it trains', async () => {
    vi.useRealTimers()
    const { lab, state, event, saved } = runningLab()
    for (const step of [1, 2, 3]) event(stepEvent(step, 1000 * step))
    await lab.exportForTensorBoard()
    const [{ blob, name }] = saved
    expect(name).toBe('baseline-20260131-140205-3f9a-tensorboard.zip')
    expect(state()).toMatchObject({ exporting: { active: false, note: null }, status: `Exported ${name}.` })
    const [entry] = await new ZipReader(new BlobReader(blob)).getEntries()
    expect(entry.filename).toBe('baseline-20260131-140205-3f9a/events.out.tfevents.0.selectivity-lab')
    const values = readTfEvents((await (entry as FileEntry).getData(new Uint8ArrayWriter())) ?? new Uint8Array())
    const losses = values.filter(({ tag }) => tag === 'loss/train')
    expect(losses.map(({ step, wallTime, value }) => [step, wallTime, value])).toEqual([1, 2, 3].map((n) => [n, n, 2]))
  })
})

describe('live control', () => {
  const alphas = (sent: readonly { type: string }[]) =>
    sent.filter(({ type }) => type === 'alpha' || type === 'hand-back')

  test('taking control holds α; off holds 0; on restores α; handing back returns control to the schedule', () => {
    const { lab, state, sent } = runningLab()
    lab.setAlpha(-20)
    lab.setRegularizer(false)
    lab.setAlpha(-150)
    lab.setRegularizer(true)
    lab.handBack()
    expect(alphas(sent)).toEqual([
      { type: 'alpha', value: -20 },
      { type: 'alpha', value: 0 },
      { type: 'alpha', value: 0 },
      { type: 'alpha', value: -100 },
      { type: 'hand-back' },
    ])
    expect(state().live).toEqual({ alpha: -100, on: true, held: false })
  })

  test('a run starts with the α that was held before the start', () => {
    const { lab, sent, state, event } = readyLab()
    lab.setAlpha(5)
    expect(alphas(sent)).toEqual([])
    lab.start()
    expect(sent.slice(-2)).toMatchObject([{ type: 'start' }, { type: 'alpha', value: 5 }])
    event({ type: 'end', step: 1, epoch: 0.1, reason: 'finished', message: '', advice: '', time: 1 })
    expect(state().live.held).toBe(false)
  })

  test('switching off and on again under the schedule holds the α of the schedule', () => {
    const { lab, state } = readyLab()
    lab.setConfigValue('regularizer.schedule', [{ fromEpoch: 0, toEpoch: 5, alpha: -20 }])
    lab.setRegularizer(false)
    expect(state().live).toEqual({ alpha: -20, on: false, held: true })
  })
})

describe('failures', () => {
  test('a crash ends the run with its record, and the next start reads the data again in a new worker', async () => {
    const { lab, state, series, workers, sent, event, answer } = runningLab()
    event(stepEvent(1, 50))
    vi.advanceTimersByTime(300)
    workers[0].onCrash('out of memory')
    expect(state().run).toMatchObject({ status: 'ended', end: { reason: 'error', step: 1 } })
    expect(state().failure).toBe('The training worker stopped: out of memory.')
    expect(types(series.current()?.events ?? [])).toEqual(['start', 'step', 'end'])
    workers[0].onMessage({ type: 'event', event: stepEvent(2, 60) })
    expect(series.current()?.steps.length).toBe(1)
    lab.start()
    expect(workers.length).toBe(2)
    expect(sent.at(-1)?.type).toBe('read-data')
    answer({ type: 'data', report, samples: [], secondsPerImage: null })
    await settled()
    expect(sent.at(-1)?.type).toBe('start')
  })

  test('a run that fails without an end event gets one, and later events are not recorded', () => {
    const { state, series, event, answer } = runningLab()
    event(stepEvent(1, 50))
    answer({ type: 'failure', message: 'unforeseen' })
    event(stepEvent(2, 60))
    expect(state().run).toMatchObject({ status: 'ended', end: { reason: 'error', message: 'unforeseen' } })
    expect(types(series.current()?.events ?? [])).toEqual(['start', 'step', 'end'])
  })

  test('if data arrive after their cancellation, the shown source is read again before the next run', () => {
    const { lab, sent, answer } = readyLab()
    lab.readArchive(new File([], 'other.zip'))
    lab.cancelReading()
    answer({ type: 'data', report: { ...report, source: 'other.zip' }, samples: [], secondsPerImage: null })
    lab.start()
    expect(sent.at(-1)).toMatchObject({ type: 'read-data', input: { kind: 'cifar10' } })
  })

  test('a new worker looks for a GPU again after a refusal', () => {
    const { lab, state, workers, answer } = openLab()
    lab.open()
    answer({ type: 'device-refused', reason: 'no-adapter', message: 'none' })
    lab.open()
    workers[0].onMessage({ type: 'device-refused', reason: 'no-adapter', message: 'none' })
    expect([workers.length, state().device.status]).toEqual([2, 'starting'])
    answer({ type: 'device', adapter })
    expect(state().device.status).toBe('ready')
  })

  test('a worker that cannot be loaded is reported as a refused device, and can be tried again', () => {
    const { lab, state, workers } = openLab()
    lab.open()
    workers[0].onCrash('404')
    expect(state().device).toMatchObject({ status: 'refused', reason: 'error' })
    lab.open()
    expect([workers.length, state().device.status]).toEqual([2, 'starting'])
  })

  test('a message of an unknown type is a crash', () => {
    const { lab, state, workers } = openLab()
    lab.open()
    workers[0].onMessage({ type: 'hello' })
    expect(state().failure).toMatch(/something unknown: \{"type":"hello"\}/)
  })
})
