import * as tf from '@tensorflow/tfjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Gpu, read } from '../gpu/read.ts'
import { relativeDifference } from '../gpu/self-test.ts'
import { activations } from '../measure/evaluate.ts'
import { createSelectivity } from '../measure/selectivity.ts'
import { toInput } from '../model/input.ts'
import { architectureOf, forward, sitesOf } from '../model/resnet.ts'
import { loadWeights, storeTensors, storeWeights } from '../model/weights.ts'
import { testGpu } from '../testing/gpu.ts'
import { floats, labeledImages, oracleCase, oracleNames, withPrefix } from '../testing/oracle.ts'
import { createSgd } from './optimizer.ts'
import { stepGradients } from './step.ts'

describe.each(oracleNames)('PyTorch’s case %s', (name) => {
  const oracle = oracleCase(name)
  const { config, tensors } = oracle
  let gpu: Gpu
  let got: Awaited<ReturnType<typeof run>>

  /** Trains as the case says; keeps what PyTorch's case holds. */
  async function run() {
    const net = architectureOf({ ...config, block: 'bottleneck', stem: 'imagenet' })
    const weights = loadWeights(net, withPrefix(tensors, 'state.before'))
    const parameters = new Map([...weights].filter(([, v]) => v.trainable))
    const sgd = createSgd(parameters, { momentum: config.momentum, weightDecay: config.weight_decay })
    const trainee = { net, sites: sitesOf(net), weights, parameters, sgd, inputSize: config.size }
    const penalty = { statistic: config.statistic, modules: ['layer1', 'layer2', 'layer3'] }
    const options = { alpha: config.alpha, penalty, learningRate: config.lr, microBatchSize: config.batch }
    const results: number[][] = []
    let gradients = new Map<string, { data: unknown }>()
    const pooled = new Map<string, Float32Array>()
    for (let s = 0; s < config.steps; s++) {
      const { images, labels } = labeledImages(tensors, 'train', s)
      if (s === 0) {
        const out = tf.tidy(() => [
          ...forward(net, weights, toInput(images, labels.length, config.size), { mode: 'training' }).pooled.values(),
        ])
        const values = await read(gpu, out).finally(() => tf.dispose(out))
        for (const [i, site] of trainee.sites.entries()) pooled.set(site.name, values[i])
      }
      const step = tf.tidy(() => {
        const { gradients: all, result } = stepGradients(trainee, { images, labels, penaltyLabels: labels }, options)
        const kept = s === 0 ? Object.fromEntries([...all].map(([key, g]) => [key, g.clone()])) : {}
        sgd.update(all, options.learningRate)
        return { result, kept }
      })
      if (s === 0) gradients = await storeTensors(gpu, new Map(Object.entries(step.kept)))
      const [values] = await read(gpu, [step.result])
      results.push([...values])
      tf.dispose(step as unknown as Parameters<typeof tf.dispose>[0])
    }
    return { net, weights, trainee, results, gradients, pooled }
  }

  beforeAll(async () => {
    gpu = await testGpu()
    got = await run()
  }, 120_000)
  afterAll(() => {
    tf.dispose([...got.weights.values()])
    got.trainee.sgd.dispose()
  })

  it('has every step’s losses to 1e-5', () => {
    expect(got.results).toHaveLength(oracle.steps.length)
    oracle.steps.forEach(({ crossEntropy, penalty, loss }, s) => {
      const [ce, r] = got.results[s]
      expect(Math.abs(ce - crossEntropy) / crossEntropy).toBeLessThan(1e-5)
      expect(Math.abs(r - penalty) / penalty).toBeLessThan(1e-5)
      expect(Math.abs(ce - config.alpha * r - loss) / loss).toBeLessThan(1e-5)
    })
  })

  it('has the first step’s gradients and pooled activations to 1e-4', () => {
    const expected = withPrefix(tensors, 'grad.step0').tensors
    expect([...got.gradients.keys()].sort()).toEqual([...expected.keys()].sort())
    for (const [key, { data }] of expected) {
      const difference = relativeDifference(got.gradients.get(key)?.data as Float32Array, data as Float32Array)
      expect(difference, `gradient of ${key}`).toBeLessThan(1e-4)
    }
    for (const [site, values] of got.pooled) {
      expect(relativeDifference(values, floats(tensors, `pooled.step0/${site}`)), site).toBeLessThan(1e-4)
    }
  })

  it('has the weight changes after all steps to 1e-3', async () => {
    const { tensors: after } = await storeWeights(gpu, got.weights, config.steps)
    for (const [key, { data }] of withPrefix(tensors, 'state.after').tensors) {
      const before = floats(tensors, `state.before/${key}`)
      const change = (values: ArrayLike<number>) => Float64Array.from(before, (b, i) => values[i] - b)
      const ours = change((after.get(key) as { data: Float32Array }).data)
      expect(relativeDifference(ours, change(data as Float32Array)), `change of ${key}`).toBeLessThan(1e-3)
    }
  })

  it('has logits, selectivity and ablated logits in evaluation mode', async () => {
    const batch = labeledImages(tensors, 'eval')
    const network = { gpu, net: got.net, weights: got.weights, inputSize: config.size }
    const { logits, pooled } = await activations(network, batch)
    expect(relativeDifference(logits, floats(tensors, 'eval.logits'))).toBeLessThan(1e-4)

    const calculator = createSelectivity(got.trainee.sites, config.classes, 0)
    calculator.add(pooled, batch.labels, [])
    for (const { site, selectivity } of calculator.result()) {
      const expected = floats(tensors, `eval.selectivity/${site}`)
      selectivity.forEach((value, u) => {
        expect(Math.abs(value - expected[u]), `${site} unit ${u}`).toBeLessThan(1e-4)
      })
    }

    const ablate = new Map(
      got.trainee.sites.map(({ name: site, units }) => {
        const zeroed = oracle.ablation.units[site] ?? []
        const keep = tf.tensor1d(Array.from({ length: units }, (_, u) => (zeroed.includes(u) ? 0 : 1)))
        return [site, { keep, fill: tf.zerosLike(keep) }]
      }),
    )
    const ablated = await activations(network, batch, ablate)
    for (const { keep, fill } of ablate.values()) tf.dispose([keep, fill])
    expect(relativeDifference(ablated.logits, floats(tensors, 'eval.ablated.logits'))).toBeLessThan(1e-4)
    expect(relativeDifference(ablated.logits, logits)).toBeGreaterThan(1e-3)
  })
})
