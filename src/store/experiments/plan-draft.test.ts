import { expect, test } from 'vitest'
import { defaultConfig } from '../../config/config.ts'
import { presetNamed } from '../../config/presets.ts'
import { estimatePlan } from '../../experiments/estimate.ts'
import type { LoggedEvent } from '../../protocol/run-events.ts'
import { lineOf } from '../../runs/format/log.ts'
import { append, createRun } from '../../runs/reduce.ts'
import { startEvent, stepEvent } from '../../testing/events.ts'
import { firstDraft } from './first-draft.ts'
import { costsOfRun, knownCosts } from './plan-costs.ts'
import { draftArms, draftOn, drawnBlocker, planOfDraft } from './plan-draft.ts'

const config = defaultConfig()

test('a ready-made plan uses its parameters and the configuration', () => {
  const { plan } = planOfDraft({ ...firstDraft, seeds: '1,2', epochs: '10', alpha: '−3', late: '4' }, config)
  expect(plan?.arms.map(({ name }) => name)).toEqual(['none', 'from-0', 'from-4'])
  expect(plan?.arms[2].changes).toEqual({ 'regularizer.schedule': [{ fromEpoch: 4, toEpoch: 10, alpha: -3 }] })
  expect([plan?.seeds, plan?.base.train?.epochs]).toEqual([[1, 2], 10])
})

test('a plan with a preset has the parameters of the preset', () => {
  const preset = presetNamed('rise-and-recede-100')
  if (!preset) throw new Error('no preset')
  const { plan } = planOfDraft({ ...firstDraft, ...draftOn(preset), kind: 'early-or-late-100' }, preset.config)
  expect(plan).toMatchObject({
    seeds: [1, 2, 3],
    base: { train: { epochs: 15 }, optimizer: { weightDecay: 0.002 } },
    arms: [
      { name: 'none' },
      { name: 'from-0' },
      { name: 'from-5', changes: { 'regularizer.schedule': [{ fromEpoch: 5, toEpoch: 15, alpha: -0.5 }] } },
    ],
  })
})

const early = [{ fromEpoch: 2, toEpoch: 5, alpha: -2 }]
const twice = [...early, { fromEpoch: 8, toEpoch: 10, alpha: 1 }]

test('each drawn schedule is an arm of the plan that uses them', () => {
  const { plan } = planOfDraft({ ...firstDraft, windows: [early, twice] }, config)
  expect(plan?.arms.slice(3)).toEqual([
    { name: 'drawn-1', changes: { 'regularizer.schedule': early } },
    { name: 'drawn-2', changes: { 'regularizer.schedule': twice } },
  ])
  const other = planOfDraft({ ...firstDraft, kind: 'rise-and-recede', epochs: '4', windows: [twice] }, config)
  expect(other.plan?.arms.map(({ name }) => name)).toEqual(['none'])
})

test('a schedule without windows is not added, nor one that exists already', () => {
  expect(drawnBlocker([early], twice)).toBeNull()
  expect(drawnBlocker([], [])).toMatch(/no window yet/)
  expect(drawnBlocker([early, twice], twice.toReversed())).toMatch(/exists already, as drawn-2/)
})

test('arms of a ready-made plan become text, which parses to the same arms', () => {
  const { plan } = planOfDraft(firstDraft, config)
  if (!plan) throw new Error('no plan')
  const own = planOfDraft({ ...firstDraft, kind: 'own', arms: draftArms(plan) }, config)
  expect(own.plan?.arms).toEqual(plan.arms)
})

test('measured epochs have an effect only if the plan measures something', () => {
  const measured = { measure: ['linearity'], measureEpochs: '2, 20' } as const
  expect(planOfDraft({ ...firstDraft, ...measured }, config).plan?.measure).toMatchObject({
    epochs: [2, 20],
    linearity: true,
    ablation: null,
  })
  expect(planOfDraft({ ...firstDraft, ...measured, epochs: '10' }, config).error).toMatch(/invalid measured epoch: 20/)
  expect(planOfDraft({ ...firstDraft, ...measured, epochs: '10', measure: [] }, config).plan?.measure.epochs).toBeNull()
  expect(planOfDraft({ ...firstDraft, kind: 'ablation-over-training' }, config).plan?.measure.ablation).not.toBeNull()
})

test.each([
  [{ seeds: '1, x' }, /invalid seed: x; write a number/],
  [{ seeds: '1, 1' }, /invalid seed: 1; it must be in the list only once/],
  [{ late: '20' }, /invalid late epoch: 20; it must be above 0 and below the 20 epochs/],
  [{ windows: [early, twice], epochs: '9' }, /invalid schedule drawn-2: it ends at epoch 10, but a run has 9 epochs/],
  [
    { windows: [[...early, { fromEpoch: 4, toEpoch: 6, alpha: 1 }]] },
    /arm drawn-1: invalid regularizer\.schedule: .* do not overlap/,
  ],
  [{ kind: 'rise-and-recede', epochs: '0' }, /invalid train\.epochs: 0/],
  [{ kind: 'own', arms: [{ name: 'a b', changes: '' }] }, /invalid arm name: "a b"/],
  [{ kind: 'own', arms: [{ name: 'a', changes: 'model.wdth=3' }] }, /unknown configuration key: model\.wdth/],
  [{ kind: 'own', arms: [{ name: 'a', changes: 'model.width=x' }] }, /arm a: invalid model\.width: x; it must be/],
  [{ kind: 'own', arms: [{ name: 'a', changes: 'width' }] }, /arm a: width; write key=value/],
])('%j is refused with the allowed values', (change, message) => {
  expect(planOfDraft({ ...firstDraft, ...change }, config).error).toMatch(message)
})

test('the costs come from the newest run that does the same work', () => {
  const run = createRun('a')
  append(run, { ...startEvent, sites: [{ name: 'layer1.0', module: 'layer1', units: 4 }], time: 0 })
  append(run, { type: 'activity', activity: 'evaluating', step: 0, epoch: 0, time: 0 })
  const scores = { images: 6, loss: 2, crossEntropy: 2, top1: 0.1, top5: 1 }
  append(run, { type: 'evaluation', split: 'validation', step: 0, epoch: 0, time: 400, ...scores })
  append(run, { type: 'activity', activity: 'probing', step: 0, epoch: 0, time: 400 })
  const network = { selectivity: 0.3, floor: 0.1 }
  const probed: LoggedEvent = {
    ...{ type: 'probe', step: 0, epoch: 0, time: 1000, images: 6, network, modules: [], sites: [] },
    units: null,
  }
  append(run, probed)
  expect(costsOfRun(run)).toBeNull()
  for (let step = 1; step <= 8; step++) append(run, stepEvent(step, 2000 + 100 * step + (step === 1 ? -50 : 0)))
  const known = knownCosts([run], startEvent.config)
  expect(known?.costs).toMatchObject({
    stepsPerEpoch: 10,
    step: { seconds: 0.1 },
    evaluation: { seconds: 0.4 },
    probe: { seconds: 0.6, bytes: lineOf(probed).length + 19 * 4 },
  })
  expect(known?.costs.start.seconds).toBeCloseTo(1.05)
  expect(knownCosts([run], { ...config, model: { ...config.model, width: 8 } })).toBeNull()
  const { plan } = planOfDraft({ ...firstDraft, kind: 'own', seeds: '1, 2', epochs: '3' }, config)
  if (!plan || !known) throw new Error('no plan or costs')
  expect(estimatePlan(plan, () => known.costs)).toMatchObject({ runs: 2, steps: 60 })
})
