import * as tf from '@tensorflow/tfjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createExecutor, type Graph, tensorsOf } from '../gpu/executor.ts'
import { type Gpu, read } from '../gpu/read.ts'
import { relativeDifference } from '../gpu/self-test.ts'
import { activations } from '../measure/evaluate.ts'
import { createSelectivity } from '../measure/selectivity.ts'
import { forward } from '../model/forward.ts'
import { imageSpecs, imageValues, toInput } from '../model/input.ts'
import { architectureOf, sitesOf } from '../model/resnet.ts'
import { loadWeights, storeTensors, storeWeights } from '../model/weights.ts'
import { testGpu } from '../testing/gpu.ts'
import { floats, labeledImages, oracleCase, oracleNames, withPrefix } from '../testing/oracle.ts'
import { createSgd } from './optimizer.ts'
import { type StepShape, stepGradients, stepGraph, stepShape, stepValues, type Trainee } from './step.ts'

/** The step with its gradients as further outputs. */
const withGradients = (graph: Graph, trainee: Trainee, shape: StepShape): Graph => ({
  ...graph,
  name: 'training with gradients',
  step: (inputs) => {
    const { gradients, result } = stepGradients(trainee, inputs, shape)
    const kept = Object.fromEntries([...gradients].map(([key, gradient]) => [key, gradient.clone()]))
    trainee.sgd.update(gradients, inputs.rates)
    return { result, ...kept }
  },
})

const cases = oracleNames.flatMap((name) => [
  { name, eager: false, how: 'compiled' },
  { name, eager: true, how: 'operation by operation' },
])

describe.each(cases)('PyTorch’s case $name, $how,', ({ name, eager }) => {
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
    const executor = createExecutor({ gpu, eager })
    const results: number[][] = []
    let gradients = new Map<string, { data: unknown }>()
    const pooled = new Map<string, Float32Array>()
    for (let s = 0; s < config.steps; s++) {
      const { images, labels } = labeledImages(tensors, 'train', s)
      if (s === 0) {
        const out = tf.tidy(() => {
          const { length: count } = labels
          const tensors = tensorsOf(
            imageSpecs(count, { inputSize: config.size }),
            imageValues({ images }, count, config.size),
          )
          const x = toInput(tensors, { first: 0, count, size: config.size })
          return [...forward(net, weights, x, { mode: 'training' }).pooled.values()]
        })
        const values = await read(gpu, out).finally(() => tf.dispose(out))
        for (const [i, site] of trainee.sites.entries()) pooled.set(site.name, values[i])
      }
      const batch = { images, labels, penaltyLabels: labels }
      const shape = stepShape(batch, options)
      const graph = stepGraph(trainee, shape)
      const values = stepValues(trainee, batch, options)
      const { result, ...rest } = await executor.run(s === 0 ? withGradients(graph, trainee, shape) : graph, values)
      results.push([...result])
      if (s > 0) continue
      const found = Object.entries(rest).map(([key, g]) => [key, tf.tensor(g, parameters.get(key)?.shape)] as const)
      gradients = await storeTensors(gpu, new Map(found)).finally(() => tf.dispose(found.map(([, g]) => g)))
    }
    return { net, weights, trainee, results, gradients, pooled, executor }
  }

  beforeAll(async () => {
    gpu = await testGpu()
    got = await run()
  }, 120_000)
  afterAll(() => {
    tf.dispose([...got.weights.values()])
    got.trainee.sgd.dispose()
    got.executor.dispose()
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
    const network = { executor: got.executor, net: got.net, weights: got.weights, inputSize: config.size }
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
        const keep = Float32Array.from({ length: units }, (_, u) => (zeroed.includes(u) ? 0 : 1))
        return [site, { keep, fill: new Float32Array(units) }]
      }),
    )
    const ablated = await activations(network, batch, ablate)
    expect(relativeDifference(ablated.logits, floats(tensors, 'eval.ablated.logits'))).toBeLessThan(1e-4)
    expect(relativeDifference(ablated.logits, logits)).toBeGreaterThan(1e-3)
  })
})
