/** Peers on TensorFlow.js: the lab itself, and the same model code on tfjs's own kernels. */
import * as tf from '@tensorflow/tfjs'
import { createExecutor } from '../../src/gpu/executor.ts'
import { type Choices, createChoices } from '../../src/gpu/kernels/choose.ts'
import type { Gpu } from '../../src/gpu/read.ts'
import { evaluate } from '../../src/measure/evaluate.ts'
import { sitesOf } from '../../src/model/resnet.ts'
import { loadWeights } from '../../src/model/weights.ts'
import { createSgd } from '../../src/train/optimizer.ts'
import { stepGraph, stepShape, stepValues, type Trainee } from '../../src/train/step.ts'
import { requireStorage } from '../../src/train/storage.ts'
import type { BenchCase, Peer } from '../case.ts'

/** The case's network on the current tfjs backend. */
export function traineeOf(c: BenchCase): Trainee {
  const tensors = new Map(
    c.weights.map(({ name, shape, values }) => [name, { dtype: 'F32', shape, data: values }] as const),
  )
  const weights = loadWeights(c.net, { tensors, metadata: {} })
  const parameters = new Map([...weights].filter(([, variable]) => variable.trainable))
  return {
    net: c.net,
    sites: sitesOf(c.net),
    weights,
    parameters,
    sgd: createSgd(parameters, c),
    inputSize: c.options.inputSize,
  }
}

/** Where a peer runs. */
export interface TfjsHost {
  /** The tfjs backend, which becomes the current one for each step. */
  readonly backend: string
  readonly gpu: Gpu
  /**
   * Runs operation by operation, as tfjs does. Otherwise the step is compiled, which only the lab's backend supports.
   */
  readonly eager: boolean
  /** The variants of kernels, by default guessed. */
  readonly choices?: Choices
  /** Computes activations again in the backward pass. */
  readonly recompute?: boolean
  /** How activations and their gradients are stored. */
  readonly activations?: 'f32' | 'f16'
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value
}

/**
 * The lab's training step on a tfjs backend. On the lab's backend it runs the lab's kernels. On others it runs the
 * plain composition of tfjs operations that is the kernels' reference.
 */
export async function makeTfjsPeer(
  name: string,
  { backend, gpu, eager, recompute, choices, activations = 'f32' }: TfjsHost,
  c: BenchCase,
): Promise<Peer> {
  requireStorage({ gpu, config: { train: { activations } }, eager })
  await tf.setBackend(backend)
  await tf.ready()
  const trainee = traineeOf(c)
  const executor = createExecutor({
    gpu,
    eager,
    choices: createChoices(gpu.adapter, choices),
    now: () => performance.now(),
  })
  const { net, weights, inputSize } = trainee
  const batch = { images: c.images, labels: c.labels, penaltyLabels: c.labels }
  const penalty = { statistic: 'mean', modules: [] } as const
  const memory = { microBatchSize: c.options.batch, recompute, activations }
  const options = { alpha: 0, penalty, learningRate: c.learningRate, ...memory }
  return {
    name,
    step: async () => {
      await tf.setBackend(backend)
      const graph = stepGraph(trainee, stepShape(batch, options))
      await executor.prepare(graph)
      const { result } = await executor.run(graph, stepValues(trainee, batch, options))
      return result[0]
    },
    evaluate: async () => {
      await tf.setBackend(backend)
      return (await evaluate({ executor, net, weights, inputSize }, once(batch))).loss
    },
    report: () => executor.reports().find((report) => report.name === 'training') ?? null,
    dispose: () => {
      executor.dispose()
      tf.dispose([...weights.values()])
      trainee.sgd.dispose()
    },
  }
}
