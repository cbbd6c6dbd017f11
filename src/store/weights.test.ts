import { describe, expect, test } from 'vitest'
import { defaultConfig } from '../config/config.ts'
import type { WeightsReport } from '../protocol/weights-report.ts'
import { openLab, readyLab, runningLab } from '../testing/lab.ts'
import { startBlocker } from './status.ts'

const file = new File([new Uint8Array(8)], 'resnet.safetensors')
const part = { prefix: '', dtypes: ['F16'], model: { ...defaultConfig().model, classes: 3 }, classes: null }
const report: WeightsReport = { file: file.name, bytes: 8, sha256: 'abc', parts: [part] }

type Opened = ReturnType<typeof readyLab>

function choose({ lab, sent, answer }: Opened, found: WeightsReport = report) {
  lab.chooseWeights(file)
  const asked = sent.findLast((one) => one.type === 'read-weights')
  answer({ type: 'weights', request: asked?.request, report: found })
}

const started = ({ sent }: Opened) => sent.findLast((one) => one.type === 'start')

describe('the weights of the next run', () => {
  test('are read by the worker and sent with the start, with the digest of the chosen file', () => {
    const opened = readyLab()
    choose(opened)
    expect(opened.state().weights).toMatchObject({ status: 'ready', prefix: '', freshClassifier: false })
    opened.lab.start()
    expect(started(opened)).toMatchObject({ initial: { file, sha256: 'abc', prefix: '', without: [] } })
  })

  test('can have a fresh classifier, which a file without one needs', () => {
    const opened = readyLab()
    choose(opened)
    opened.lab.setFreshClassifier(true)
    opened.lab.start()
    expect(started(opened)?.initial?.without).toEqual(['fc'])
    const headless = readyLab()
    choose(headless, { ...report, parts: [{ ...part, model: { ...part.model, classes: null } }] })
    expect(headless.state().weights).toMatchObject({ freshClassifier: true })
  })

  test('must be chosen among several networks in a file', () => {
    const opened = readyLab()
    choose(opened, { ...report, parts: ['model.', 'ema.'].map((prefix) => ({ ...part, prefix })) })
    expect(startBlocker(opened.state())).toMatch(/Choose which weights of resnet\.safetensors to use/)
    opened.lab.setWeightsPrefix('ema.')
    opened.lab.start()
    expect(started(opened)?.initial?.prefix).toBe('ema.')
  })

  test('are never dropped silently: a refused file blocks the start until it is removed', () => {
    const opened = readyLab()
    opened.lab.chooseWeights(file)
    expect(startBlocker(opened.state())).toBe('Wait until the weights are read.')
    const asked = opened.sent.findLast((one) => one.type === 'read-weights')
    opened.answer({ type: 'weights-refused', request: asked?.request, message: 'It is damaged.' })
    expect(opened.state().weights).toEqual({ status: 'refused', message: 'It is damaged.' })
    expect(startBlocker(opened.state())).toMatch(/Choose other weights in Train, or remove them/)
    opened.lab.removeWeights()
    opened.lab.start()
    expect(started(opened)).toMatchObject({ type: 'start', initial: undefined })
  })

  test('are those of the newest choice', () => {
    const opened = readyLab()
    opened.lab.chooseWeights(new File([], 'first.safetensors'))
    opened.lab.chooseWeights(file)
    opened.answer({ type: 'weights', request: 1, report: { ...report, file: 'first.safetensors' } })
    expect(opened.state().weights.status).toBe('reading')
    opened.answer({ type: 'weights', request: 2, report })
    expect(opened.state().weights).toMatchObject({ status: 'ready', file })
  })

  test('are refused when the worker dies while it reads them, and stay once they were read', () => {
    const opened = readyLab()
    opened.lab.chooseWeights(file)
    opened.workers.at(-1)?.onCrash('out of memory')
    expect(opened.state().weights).toMatchObject({
      status: 'refused',
      message: expect.stringMatching(/Choose it again/),
    })
    choose(opened)
    opened.workers.at(-1)?.onCrash('out of memory')
    expect(opened.state().weights.status).toBe('ready')
  })

  test('do not change during a run, and a plan’s runs do not use them', async () => {
    const running = runningLab()
    running.lab.chooseWeights(file)
    expect(running.state().weights.status).toBe('none')
    const opened = readyLab()
    choose(opened)
    void opened.lab.runConfig(opened.state().config).next()
    await Promise.resolve()
    expect(started(opened)).toMatchObject({ type: 'start', initial: undefined })
    expect(openLab().state().weights).toEqual({ status: 'none' })
  })
})
