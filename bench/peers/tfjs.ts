/** Peers on TensorFlow.js: the lab itself, and the same model code on tfjs's own kernels. */
import * as tf from '@tensorflow/tfjs'
import { scores } from '../../src/gpu/kernels/cross-entropy.ts'
import { toInput } from '../../src/model/input.ts'
import { forward, sitesOf } from '../../src/model/resnet.ts'
import { loadWeights } from '../../src/model/weights.ts'
import { createSgd } from '../../src/train/optimizer.ts'
import { type Trainee, trainStep } from '../../src/train/step.ts'
import type { BenchCase, Peer } from '../case.ts'

/** The case's network on the tfjs backend in use. */
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

/**
 * The lab's training step on a tfjs backend, which is made the one in use for each step. On the lab's own backend it
 * runs the lab's kernels, on any other the plain composition of tfjs operations that they are checked against.
 */
export async function makeTfjsPeer(name: string, backendName: string, c: BenchCase): Promise<Peer> {
  await tf.setBackend(backendName)
  await tf.ready()
  const trainee = traineeOf(c)
  const batch = { images: c.images, labels: c.labels, penaltyLabels: c.labels }
  const penalty = { statistic: 'mean', modules: [] } as const
  const options = { alpha: 0, penalty, learningRate: c.learningRate, microBatchSize: c.options.batch }
  return {
    name,
    step: async () => {
      await tf.setBackend(backendName)
      const result = trainStep(trainee, batch, options)
      const [loss] = await result.data()
      result.dispose()
      return loss
    },
    evaluate: async () => {
      await tf.setBackend(backendName)
      const loss = tf.tidy(() => {
        const x = toInput(c.images, c.options.batch, c.options.inputSize)
        const { logits } = forward(c.net, trainee.weights, x, { mode: 'evaluation' })
        return scores(logits, tf.tensor1d(c.labels, 'int32')).crossEntropy
      })
      const [value] = await loss.data()
      loss.dispose()
      return value
    },
    dispose: () => {
      tf.dispose([...trainee.weights.values()])
      trainee.sgd.dispose()
    },
  }
}
