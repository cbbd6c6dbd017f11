import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError, parseConfig } from '../config/config.ts'
import { probeSteps } from '../train/schedule.ts'
import { type Costs, countsOf, estimatePlan, estimateRun } from './estimate.ts'
import { paperParameters } from './paper-parameters.ts'
import {
  chooseArms,
  defaultAblation,
  defaultUnits,
  expandPlan,
  isMeasured,
  kindsOf,
  nothingMeasured,
  PlanError,
  parsePlan,
  savedEpochs,
  withKinds,
} from './plan.ts'
import { readyPlan, readyPlans } from './ready-plans.ts'

const arms = [
  { name: 'none', changes: {} },
  { name: 'from-0', changes: { 'regularizer.schedule': [{ fromEpoch: 0, toEpoch: 2, alpha: -2 }] } },
]
const plan = { name: 'toy', base: { train: { epochs: 2 } }, arms, seeds: [1, 2] }

describe('a plan', () => {
  it('has a run for each arm and seed, all arms of a seed first', () => {
    const runs = expandPlan(parsePlan(plan))
    expect(runs.map(({ name }) => name)).toEqual(['none/seed-1', 'from-0/seed-1', 'none/seed-2', 'from-0/seed-2'])
    expect(runs[3].config).toEqual(
      parseConfig({
        name: 'from-0/seed-2',
        seed: 2,
        train: { epochs: 2 },
        regularizer: { schedule: [{ fromEpoch: 0, toEpoch: 2, alpha: -2 }] },
      }),
    )
  })

  it('is equal after writing and parsing', () => {
    const parsed = parsePlan({ ...plan, measure: { epochs: [0, 2], ablation: {}, units: {}, linearity: true } })
    expect(parsed.measure).toEqual({
      epochs: [0, 2],
      ablation: defaultAblation,
      units: defaultUnits,
      linearity: true,
    })
    expect(parsePlan(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed)
  })

  it('expands to arms × seeds runs, each with its seed', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/), { minLength: 1, maxLength: 4 })
    const seeds = fc.uniqueArray(fc.integer({ min: 0, max: 4294967295 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(names, seeds, (own, chosen) => {
        const made = parsePlan({ name: 'p', arms: own.map((name) => ({ name })), seeds: chosen })
        const runs = expandPlan(made)
        expect(runs).toHaveLength(own.length * chosen.length)
        expect(new Set(runs.map(({ name }) => name)).size).toBe(runs.length)
        for (const { config, seed, name, arm } of runs) {
          expect([config.seed, config.name]).toEqual([seed, name])
          expect(name).toBe(`${arm}/seed-${seed}`)
        }
      }),
    )
  })

  it.each([
    [null, /invalid plan: null; it must be an object of name, base, arms, seeds, measure/],
    [{ ...plan, arm: [] }, /unknown key of plan: arm \(have name/],
    [{ ...plan, name: '' }, /invalid plan name: ""/],
    [{ ...plan, arms: [] }, /invalid arms: \[\]; it must be a list that is not empty/],
    [{ ...plan, arms: [{ name: '../x' }] }, /invalid arm name: "\.\.\/x"/],
    [{ ...plan, arms: [...arms, { name: 'None' }] }, /invalid arm name: "none"; it must be in the list only once/],
    [{ ...plan, arms: [{ name: 'a', changes: { rate: 1 } }] }, /arm a: unknown configuration key: rate/],
    [{ ...plan, arms: [{ name: 'a', changes: { seed: 1 } }] }, /invalid changes of arm a: seed/],
    [{ ...plan, arms: [{ name: 'a', changes: { 'train.epochs': 0 } }] }, /arm a: invalid train\.epochs: 0/],
    [{ ...plan, arms: [{ name: 'a', changes: { 'train.batchSize': 2 } }] }, /arm a: invalid train\.microBatchSize/],
    [{ ...plan, seeds: [] }, /invalid seeds/],
    [{ ...plan, seeds: [1, 1] }, /invalid seed: 1; it must be in the list only once/],
    [{ ...plan, seeds: [1.5] }, /invalid seed: 1\.5; it must be a whole number/],
    [{ ...plan, measure: { ablation: { draws: 0 } } }, /invalid measure\.ablation\.draws: 0; .* from 1/],
    [{ ...plan, measure: { ablation: { modules: ['layer9'] } } }, /invalid ablated module: "layer9"; .*layer1, layer2/],
    [{ ...plan, measure: { units: { sample: 0 } } }, /invalid measure\.units\.sample: 0; .* from 1/],
    [{ ...plan, measure: { epochs: [] } }, /invalid measured epochs: \[\]; it must be a list that is not empty/],
    [{ ...plan, measure: { epochs: [1, 1] } }, /invalid measured epoch: 1; it must be in the list only once/],
    [
      { ...plan, measure: { epochs: [3] } },
      /invalid measured epoch: 3; none\/seed-1 saves a checkpoint every epoch up to 2/,
    ],
    [{ ...plan, measure: { linearity: 'yes' } }, /invalid measure\.linearity: "yes"; it must be true or false/],
  ])('%# is refused with the part, the value and the allowed values', (input, message) => {
    expect(() => parsePlan(input)).toThrow(message)
    expect(() => parsePlan(input)).toThrow(PlanError)
  })

  it('measures at the epochs that it names, or at every checkpoint', () => {
    const saved = savedEpochs(parseConfig({ train: { epochs: 7 }, checkpoint: { everyEpochs: 3 } }))
    expect(saved).toEqual([0, 3, 6, 7])
    expect(saved.filter((epoch) => isMeasured(nothingMeasured, epoch))).toEqual(saved)
    expect(saved.filter((epoch) => isMeasured({ ...nothingMeasured, epochs: [3, 7] }, epoch))).toEqual([3, 7])
  })

  it('preserves the parameters of a measurement that is selected again', () => {
    const ablation = { modules: ['layer4'], draws: 1, points: 4 }
    const chosen = withKinds({ ...nothingMeasured, ablation }, ['ablation', 'units'])
    expect(chosen).toEqual({ ...nothingMeasured, ablation, units: defaultUnits })
    expect(kindsOf(chosen)).toEqual(['ablation', 'units'])
    expect(kindsOf(withKinds(chosen, []))).toEqual([])
  })

  it('has a base that is validated as a configuration', () => {
    expect(() => parsePlan({ ...plan, base: { sed: 1 } })).toThrow(ConfigError)
  })

  it('can be limited to some arms', () => {
    expect(chooseArms(parsePlan(plan), ['from-0']).arms).toHaveLength(1)
    expect(() => chooseArms(parsePlan(plan), ['late'])).toThrow('unknown arm: late (have none, from-0)')
  })
})

describe('predefined plans', () => {
  it.each(readyPlans.map((ready) => [ready.id, ready] as const))('%s can be run unchanged', (_, ready) => {
    const made = readyPlan(ready, paperParameters)
    expect(parsePlan(JSON.parse(JSON.stringify(made)))).toEqual(made)
    for (const { config } of expandPlan(made)) expect(config.train.epochs).toBe(20)
  })

  it('have the paper’s arms, at any strength, epoch and window', () => {
    const ready = readyPlans.find(({ id }) => id === 'early-or-late')
    const schedules = (parameters = paperParameters) =>
      ready && readyPlan(ready, parameters).arms.map(({ name, changes }) => [name, changes['regularizer.schedule']])
    expect(schedules()).toEqual([
      ['none', []],
      ['from-0', [{ fromEpoch: 0, toEpoch: 20, alpha: -20 }]],
      ['from-5', [{ fromEpoch: 5, toEpoch: 20, alpha: -20 }]],
    ])
    const windows = [[{ fromEpoch: 1, toEpoch: 2, alpha: 3 }]]
    expect(schedules({ ...paperParameters, alpha: -2, late: 3, epochs: 8, windows })?.slice(2)).toEqual([
      ['from-3', [{ fromEpoch: 3, toEpoch: 8, alpha: -2 }]],
      ['drawn-1', windows[0]],
    ])
  })
})

describe('an estimate', () => {
  const part = (seconds: number, bytes: number) => ({ seconds, bytes })
  const costs: Costs = {
    stepsPerEpoch: 10,
    start: { seconds: 7 },
    step: part(1, 100),
    evaluation: part(5, 10),
    probe: part(3, 1000),
    checkpoint: part(2, 1e6),
  }

  it('counts the work of the training loop', () => {
    const whole = (max: number) => fc.integer({ min: 1, max })
    const early = fc.integer({ min: 0, max: 9 })
    fc.assert(
      fc.property(whole(12), early, whole(30), whole(40), (epochs, earlyEpochs, perEarlyEpoch, stepsPerEpoch) => {
        const config = parseConfig({ train: { epochs }, probe: { earlyEpochs, perEarlyEpoch } })
        expect(countsOf(config, stepsPerEpoch).probes).toBe(probeSteps(config.probe, stepsPerEpoch, epochs).size)
      }),
    )
  })

  it('adds up the costs of a run', () => {
    const config = parseConfig({
      train: { epochs: 3 },
      probe: { earlyEpochs: 1, perEarlyEpoch: 4 },
      checkpoint: { everyEpochs: 2 },
    })
    // 30 steps, 4 evaluations, 1 + 4 + 2 probes, checkpoints at epochs 0, 2 and 3, each with its momentum.
    expect(estimateRun(config, costs)).toEqual({
      steps: 30,
      evaluations: 4,
      probes: 7,
      checkpoints: 3,
      seconds: 7 + 30 + 20 + 21 + 6,
      bytes: 3000 + 40 + 7000 + 6e6,
    })
    const bytesWith = (checkpoint: object) => estimateRun(parseConfig({ ...config, checkpoint }), costs).bytes - 10_040
    // Without momentum of all checkpoints, the newest two resume points have it.
    expect(bytesWith({ everyEpochs: 2, momentum: false })).toBe(5e6)
    // Two states between checkpoints have weights and momentum; two epochs have 20 steps and take 30 s.
    expect(bytesWith({ everyEpochs: 2, momentum: false, resumeSteps: 19 })).toBe(9e6)
    expect(bytesWith({ everyEpochs: 2, momentum: false, resumeSteps: 20 })).toBe(5e6)
    expect(bytesWith({ everyEpochs: 2, momentum: false, resumeSeconds: 29 })).toBe(9e6)
    expect(bytesWith({ everyEpochs: 2, momentum: false, resumeSeconds: 30 })).toBe(5e6)
  })

  it('adds up the costs of a plan, including measurements', () => {
    const parsed = parsePlan({
      ...plan,
      measure: { ablation: { modules: ['layer4'], draws: 1, points: 4 }, linearity: true },
    })
    const { runs, seconds, measureSeconds } = estimatePlan(parsed, () => costs)
    expect(runs).toBe(4)
    // Each of 4 runs has 3 checkpoints: a quarter of 2 · 2 + 2 passes, and three passes for the linearity.
    expect(measureSeconds).toBeCloseTo(4 * 3 * (0.25 * 6 + 3) * 5, 9)
    expect(seconds).toBeCloseTo(4 * estimateRun(expandPlan(parsed)[0].config, costs).seconds + measureSeconds, 9)
    // At one epoch: 10 units of layer3; half of the modules come after its first block.
    const once = parsePlan({ ...plan, measure: { epochs: [2], units: { modules: ['layer3'], sample: 10 } } })
    expect(estimatePlan(once, () => costs).measureSeconds).toBeCloseTo(4 * 1 * 0.5 * 10 * 5, 9)
    const all = parsePlan({ ...plan, measure: { units: { sample: null } } })
    const { width } = expandPlan(all)[0].config.model
    const passes = 4 * width * (3 + 0.75 * 2 * 4 + 0.5 * 4 * 6 + 0.25 * 8 * 3)
    expect(estimatePlan(all, () => costs).measureSeconds).toBeCloseTo(4 * 3 * passes * 5, 6)
  })
})
