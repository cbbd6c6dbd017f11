import * as tf from '@tensorflow/tfjs'
import { afterEach, describe, expect, it } from 'vitest'
import { createExecutor, type Executor, tensorsOf } from '../gpu/executor.ts'
import { classGroupSpecs, classGroups } from '../gpu/kernels/class-selectivity.ts'
import { viewFields } from '../gpu/kernels/images.ts'
import { read } from '../gpu/read.ts'
import { relativeDifference } from '../gpu/self-test.ts'
import { forward } from '../model/forward.ts'
import { imageSpecs, imageValues, toInput, wholeViews } from '../model/input.ts'
import { architectureOf, sitesOf } from '../model/resnet.ts'
import { initialWeights } from '../model/weights.ts'
import type { GraphReport } from '../protocol/environment.ts'
import { stream } from '../random.ts'
import { testGpu } from '../testing/gpu.ts'
import { createSgd } from './optimizer.ts'
import { penaltyOf } from './regularizer.ts'
import {
  type Batch,
  microRanges,
  type StepOptions,
  stepGradients,
  stepGraph,
  stepShape,
  stepValues,
  type Trainee,
} from './step.ts'

const size = 16
const made: Trainee[] = []
const executors: Executor[] = []

async function executorOf(eager = true): Promise<Executor> {
  const executor = createExecutor({ gpu: await testGpu(), eager })
  executors.push(executor)
  return executor
}

/** Takes a step and returns its results by the names in `resultKeys`. */
async function take(executor: Executor, model: Trainee, batch: Batch, options: StepOptions): Promise<Float32Array> {
  const graph = stepGraph(model, stepShape(batch, options))
  return (await executor.run(graph, stepValues(model, batch, options))).result
}

const groupsOf = (labels: Int32Array, statistic: 'mean' | 'sum') => {
  const { order, group, share, groups } = tensorsOf(classGroupSpecs(labels.length), classGroups(labels, statistic))
  return { order, group, share, groups }
}

function trainee(block: 'bottleneck' | 'basic' = 'bottleneck'): Trainee {
  const net = architectureOf({ blocks: [1, 1, 1, 1], width: 4, block, stem: 'cifar', classes: 3 })
  const weights = initialWeights(net, 1)
  const parameters = new Map([...weights].filter(([, v]) => v.trainable))
  const sgd = createSgd(parameters, { momentum: 0.9, weightDecay: 0.001 })
  const one = { net, sites: sitesOf(net), weights, parameters, sgd, inputSize: size }
  made.push(one)
  return one
}

function batch(images: number, seed = 1) {
  const random = stream(seed, 'images')
  const labels = Int32Array.from({ length: images }, (_, i) => i % 3)
  return {
    images: Uint8Array.from({ length: images * size * size * 3 }, () => random.integer(256)),
    labels,
    penaltyLabels: labels,
  }
}

const penalty = { statistic: 'mean', modules: ['layer1', 'layer3'] } as const
const options = { alpha: -2, penalty, learningRate: 0.05, microBatchSize: 8 }

afterEach(() => {
  for (const executor of executors.splice(0)) executor.dispose()
  for (const { weights, sgd } of made.splice(0)) {
    tf.dispose([...weights.values()])
    sgd.dispose()
  }
})

describe('micro-batches', () => {
  it('split a batch evenly and cover it', () => {
    expect(microRanges(10, 4)).toEqual([
      { from: 0, count: 3 },
      { from: 3, count: 3 },
      { from: 6, count: 4 },
    ])
    expect(microRanges(33, 32).map(({ count }) => count)).toEqual([16, 17])
    expect(microRanges(8, 8)).toEqual([{ from: 0, count: 8 }])
    expect(microRanges(5, 2).map(({ count }) => count)).toEqual([2, 3])
    expect(microRanges(3, 2).map(({ count }) => count)).toEqual([3])
  })

  it('add up to the gradient of the whole batch’s loss, the regularizer’s included', async () => {
    const gpu = await testGpu()
    const model = trainee()
    const whole = batch(8)
    const names = [...model.parameters.keys()]
    const halved = { ...options, microBatchSize: 4 }
    // The reference: one gradient over both halves, each with its own batch norm, and R over all pooled activations.
    const tensors = tf.tidy(() => {
      const images = tensorsOf(imageSpecs(8, { inputSize: size }), imageValues(whole, 8, size))
      const { grads } = tf.variableGrads(() => {
        const halves = [0, 4].map((first) =>
          forward(model.net, model.weights, toInput(images, { first, count: 4, size }), { mode: 'training' }),
        )
        const logits = tf.concat(halves.map((half) => half.logits))
        const truth = tf.oneHot(tf.tensor1d(whole.labels, 'int32'), 3).toFloat()
        const crossEntropy = tf.div(tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), truth))), 8)
        const pooled = new Map(
          model.sites.map(({ name }) => [name, tf.concat(halves.map((half) => half.pooled.get(name) as tf.Tensor2D))]),
        )
        const r = penaltyOf(penalty.modules, model.sites, pooled, groupsOf(whole.labels, 'mean')) as tf.Scalar
        return tf.sub(crossEntropy, tf.mul(r, options.alpha))
      }, [...model.parameters.values()])
      const shape = stepShape(whole, halved)
      const { inputs } = stepGraph(model, shape)
      const { gradients } = stepGradients(model, tensorsOf(inputs, stepValues(model, whole, halved)), shape)
      return names.flatMap((name) => [
        gradients.get(name) as tf.Tensor,
        grads[(model.parameters.get(name) as tf.Variable).name],
      ])
    })
    const values = await read(gpu, tensors).finally(() => tf.dispose(tensors))
    for (const [i, name] of names.entries()) {
      expect(relativeDifference(values[2 * i], values[2 * i + 1]), name).toBeLessThan(1e-4)
    }
  })

  it('update the running statistics like two passes in PyTorch', async () => {
    const gpu = await testGpu()
    const [once, cut] = [trainee(), trainee()]
    const { images, labels } = batch(8)
    const half = {
      images: images.subarray(0, images.length / 2),
      labels: labels.subarray(0, 4),
      penaltyLabels: labels.subarray(0, 4),
    }
    // Takes the same half twice: as one batch of two micro-batches, and as two batches at learning rate 0.
    const twice = {
      images: new Uint8Array([...half.images, ...half.images]),
      labels: Int32Array.of(...half.labels, ...half.labels),
      penaltyLabels: labels,
    }
    const executor = await executorOf()
    await take(executor, cut, twice, { ...options, microBatchSize: 4, learningRate: 0 })
    for (let i = 0; i < 2; i++) await take(executor, once, half, { ...options, learningRate: 0 })
    for (const name of ['bn1.running_mean', 'layer4.0.bn3.running_var']) {
      const [a, b] = await read(gpu, [cut.weights.get(name) as tf.Tensor, once.weights.get(name) as tf.Tensor])
      expect(relativeDifference(a, b), name).toBeLessThan(1e-5)
    }
  })
})

describe('a step', () => {
  it.each(['bottleneck', 'basic'] as const)('lowers the loss on its own images (%s blocks)', async (block) => {
    const executor = await executorOf()
    const model = trainee(block)
    const same = batch(8)
    const losses: number[] = []
    for (let i = 0; i < 6; i++) {
      losses.push((await take(executor, model, same, { ...options, alpha: 0 }))[0])
    }
    expect(losses[5]).toBeLessThan(losses[0] * 0.9)
  })

  it('moves selectivity in the direction of α’s sign', async () => {
    const trained = async (alpha: number) => {
      const [executor, model] = [await executorOf(), trainee()]
      let penaltyNow = 0
      for (let i = 0; i < 6; i++) {
        const result = await take(executor, model, batch(9), { ...options, alpha, microBatchSize: 9 })
        penaltyNow = result[1]
      }
      return penaltyNow
    }
    const [against, none, promoted] = [await trained(-5), await trained(0), await trained(5)]
    expect(against).toBeLessThan(none)
    expect(promoted).toBeGreaterThan(none)
  })

  it.each([
    ['operation by operation', true],
    ['compiled', false],
  ])('leaks no tensor and no GPU byte over 50 steps, without an error (%s)', async (_, eager) => {
    const gpu = await testGpu()
    const executor = await executorOf(eager)
    const model = trainee('basic')
    const step = (i: number) => take(executor, model, batch(4, i), { ...options, microBatchSize: i % 5 === 0 ? 2 : 4 })
    for (let i = 0; i < 6; i++) await step(i)
    const [tensors, bytes] = [tf.memory().numTensors, gpu.bytes()]
    const scopes = ['validation', 'out-of-memory', 'internal'] as const
    for (const scope of scopes) gpu.device.pushErrorScope(scope)
    for (let i = 0; i < 50; i++) await step(i)
    for (const scope of scopes) expect(await gpu.device.popErrorScope(), scope).toBe(null)
    expect(tf.memory().numTensors).toBe(tensors)
    expect(gpu.bytes()).toBe(bytes)
    expect(gpu.failure()).toBe(null)
  })
})

describe('a compiled step', () => {
  const all = async (model: Trainee) =>
    read(await testGpu(), [...model.weights.values(), ...model.sgd.velocity.values()] as tf.Tensor[])
  const same = (a: Float32Array, b: Float32Array) => Buffer.from(a.buffer).equals(Buffer.from(b.buffer))

  it.each([
    ['bottleneck', 'mean', 8],
    ['basic', 'sum', 8],
    ['bottleneck', 'sum', 3],
  ] as const)(
    'gives the same bytes as the eager one over 20 steps (%s blocks, class %ss, micro-batches of %i)',
    async (...args) => {
      const [block, statistic, microBatchSize] = args
      const [plain, compiled] = [trainee(block), trainee(block)]
      const [eagerly, fast] = [await executorOf(true), await executorOf(false)]
      let recomputed: GraphReport | null = null
      for (let i = 0; i < 20; i++) {
        // α changes every step and is sometimes 0; batches miss classes, one has a single one; images are cropped.
        const one = batch(8, i)
        const labels = one.labels.map((label) => (i === 7 ? 1 : i % 4 === 1 ? label % 2 : label))
        const views = wholeViews(8, size).map((value, j) => {
          const field = viewFields[j % viewFields.length]
          if (field === 'startX' || field === 'startY') return ((i * j) % 5) - 2
          return field === 'mirror' ? (i + j) % 2 : value
        })
        const seen = { ...one, labels, penaltyLabels: labels, views }
        const step = {
          ...options,
          penalty: { ...penalty, statistic },
          microBatchSize,
          alpha: [-3, 0, 2.5, -0.1][i % 4],
          learningRate: 0.05 / (i + 1),
        }
        // Every other step computes activations again.
        const recompute = i % 2 === 0
        const [expected, got] = [
          await take(eagerly, plain, seen, step),
          await take(fast, compiled, seen, { ...step, recompute }),
        ]
        if (recompute) [recomputed] = fast.reports()
        expect([...got], `results of step ${i}`).toEqual([...expected])
        expect(expected.every(Number.isFinite)).toBe(true)
      }
      const [expected, got] = [await all(plain), await all(compiled)]
      expect(got.every((values, i) => same(values, expected[i]))).toBe(true)
      const reports = fast.reports()
      expect(reports).toMatchObject([{ name: 'training', compiled: true, refusal: null }])
      // A GPU starts with short submits.
      expect(reports[0].submits).toBeLessThanOrEqual((await testGpu()).adapter.software ? 1 : 5)
      expect(eagerly.reports()).toMatchObject([{ compiled: false, plannedBytes: null }])
      const [{ plannedBytes, unplannedBytes, liveBytes, dispatches }] = reports
      expect(dispatches).toBeLessThanOrEqual(eagerly.reports()[0].dispatches)
      expect(plannedBytes).toBeLessThan((unplannedBytes as number) / 2)
      expect(plannedBytes).toBeLessThan(1.15 * (liveBytes as number))
      expect(recomputed?.plannedBytes).toBeLessThan(plannedBytes as number)
      expect(recomputed?.dispatches).toBeGreaterThan(dispatches)
    },
  )
})

describe('the regularizer', () => {
  /** Selectivity computed by hand for two units. */
  const pooled = () =>
    new Map([
      [
        'layer1.0',
        tf.tensor2d([
          [4, 0],
          [2, 0],
          [1, 6],
        ]),
      ],
    ])
  const sites = [{ name: 'layer1.0', module: 'layer1', units: 2 }]
  const value = async (statistic: 'mean' | 'sum', labels: number[], modules = ['layer1']) => {
    const gpu = await testGpu()
    const r = tf.tidy(
      () => penaltyOf(modules, sites, pooled(), groupsOf(Int32Array.from(labels), statistic)) as tf.Scalar,
    )
    const [[result]] = await read(gpu, [r]).finally(() => r.dispose())
    return result
  }

  it('takes class means or class sums', async () => {
    // Class means: unit 0 has 3 and 1, unit 1 has 0 and 6. Class sums: unit 0 has 6 and 1, unit 1 has 0 and 6.
    expect(await value('mean', [0, 0, 1])).toBeCloseTo((2 / 4 + 1) / 2, 5)
    expect(await value('sum', [0, 0, 1])).toBeCloseTo((5 / 7 + 1) / 2, 5)
  })

  it('counts only the classes in the batch, whatever their indices', async () => {
    expect(await value('mean', [7, 7, 2])).toBeCloseTo((2 / 4 + 1) / 2, 5)
  })

  it('is 0 with one class, and null without a module', async () => {
    expect(await value('mean', [1, 1, 1])).toBe(0)
    tf.tidy(() => {
      expect(penaltyOf([], sites, pooled(), groupsOf(Int32Array.of(0, 1, 1), 'mean'))).toBe(null)
    })
  })
})
