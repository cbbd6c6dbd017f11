/** Stochastic gradient descent with momentum and weight decay, as torch.optim.SGD has it (dampening 0, no Nesterov). */
import * as tf from '@tensorflow/tfjs'
import { sgdStep } from '../gpu/kernels/sgd.ts'
import { labBackend } from '../gpu/program.ts'

export interface SgdOptions {
  readonly momentum: number
  readonly weightDecay: number
}

export interface Sgd {
  /** v ← momentum · v + (gradient + weightDecay · w); w ← w − learningRate · v, in place. */
  readonly update: (gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number) => void
  /** The momentum buffers v, by parameter. */
  readonly velocity: ReadonlyMap<string, tf.Variable>
  readonly dispose: () => void
}

/** `velocity`: where a resumed run left off; zero otherwise, which makes the first step PyTorch's. Taken over by the optimizer. */
export function createSgd(
  parameters: ReadonlyMap<string, tf.Variable>,
  { momentum, weightDecay }: SgdOptions,
  velocity: ReadonlyMap<string, tf.Variable> = zeros(parameters),
): Sgd {
  const update = (name: string, weight: tf.Variable, gradient: tf.Tensor, learningRate: number) =>
    tf.tidy(() => {
      const v = velocity.get(name) as tf.Variable
      const decayed = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(weight, weightDecay))
      v.assign(tf.add(tf.mul(v, momentum), decayed))
      weight.assign(tf.sub(weight, tf.mul(v, learningRate)))
    })
  return {
    update: (gradients, learningRate) => {
      const backend = labBackend()
      const rates = tf.tensor1d([learningRate, momentum, weightDecay])
      for (const [name, weight] of parameters) {
        const gradient = gradients.get(name)
        if (!gradient) throw new Error(`missing gradient: ${name}`)
        if (backend) sgdStep(backend, weight, velocity.get(name) as tf.Variable, gradient, rates)
        else update(name, weight, gradient, learningRate)
      }
      rates.dispose()
    },
    velocity,
    dispose: () => tf.dispose([...velocity.values()]),
  }
}

const zeros = (parameters: ReadonlyMap<string, tf.Variable>) =>
  new Map(
    [...parameters].map(([name, weight]) => {
      const zero = tf.zerosLike(weight)
      const v = tf.variable(zero, false)
      zero.dispose()
      return [name, v]
    }),
  )
