import { describe, expect, it } from 'vitest'
import { alphaAt } from '../config/alpha.ts'
import { defaultConfig, parseConfig } from '../config/config.ts'
import { duties, learningRateAt, probeSteps } from './schedule.ts'

const optimizer = (changes: object) => ({ ...defaultConfig().optimizer, learningRate: 1, ...changes })

describe('schedules', () => {
  it('drop the rate in steps', () => {
    const at = (epoch: number) =>
      learningRateAt(optimizer({ schedule: 'step', stepEpochs: 30, stepFactor: 0.1 }), epoch, 90, 0.1)
    expect([0, 29.9, 30, 60].map(at)).toEqual([1, 1, 0.1, expect.closeTo(0.01, 12)])
  })

  it('follow half a cosine to zero', () => {
    const at = (epoch: number) => learningRateAt(optimizer({ schedule: 'cosine' }), epoch, 10, 0.1)
    expect([at(0), at(5), at(10)]).toEqual([1, expect.closeTo(0.5, 12), expect.closeTo(0, 12)])
  })

  it('warm up linearly, and have the full rate from the last warm-up step on', () => {
    const at = (epoch: number) => learningRateAt(optimizer({ warmupEpochs: 2 }), epoch, 10, 0.25)
    expect([0, 0.25, 1, 1.75, 2, 5].map(at)).toEqual([0.125, 0.25, 0.625, 1, 1, 1])
  })

  it('apply α within [from, to)', () => {
    const windows = [
      { fromEpoch: 0, toEpoch: 2, alpha: -20 },
      { fromEpoch: 5, toEpoch: 6, alpha: 3 },
    ]
    expect([0, 1.99, 2, 4.9, 5, 5.5, 6].map((epoch) => alphaAt(windows, epoch))).toEqual([-20, -20, 0, 0, 3, 3, 0])
  })

  it('probe at the initialization, within early epochs and after every epoch', () => {
    const probe = { ...defaultConfig().probe, earlyEpochs: 1, perEarlyEpoch: 4 }
    expect([...probeSteps(probe, 8, 3)]).toEqual([0, 2, 4, 6, 8, 16, 24])
    expect([...probeSteps(probe, 2, 2)]).toEqual([0, 1, 2, 4])
  })

  it('evaluate after every epoch, and save after every chosen epoch and the last', () => {
    const config = parseConfig({ train: { epochs: 5 }, checkpoint: { everyEpochs: 2 }, probe: { earlyEpochs: 0 } })
    const dutiesAfter = duties(config, 3)
    const steps = Array.from({ length: 16 }, (_, step) => step)
    const due = (name: 'evaluation' | 'probe' | 'checkpoint') => steps.filter((step) => dutiesAfter(step)[name])
    expect(due('evaluation')).toEqual([0, 3, 6, 9, 12, 15])
    expect(due('probe')).toEqual(due('evaluation'))
    expect(due('checkpoint')).toEqual([0, 6, 12, 15])
  })
})
