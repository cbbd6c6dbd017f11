/** Stochastic gradient descent with momentum and weight decay, as torch.optim.SGD (dampening 0, no Nesterov). */
import * as tf from '@tensorflow/tfjs'
import { type Parameter, sgdStep } from '../gpu/kernels/sgd.ts'
import { labBackend } from '../gpu/lab-backend.ts'

export interface SgdOptions {
  readonly momentum: number
  readonly weightDecay: number
}

export interface Sgd {
  /** v ← momentum · v + (gradient + weightDecay · w); w ← w − learningRate · v, in place. `rates`: a tensor of the values below. Throws Error for a missing gradient. */
  readonly update: (gradients: ReadonlyMap<string, tf.Tensor>, rates: tf.Tensor) => void
  /** [learningRate, momentum, weightDecay] */
  readonly rates: (learningRate: number) => Float32Array
  /** The momentum buffers v by parameter. */
  readonly velocity: ReadonlyMap<string, tf.Variable>
  readonly dispose: () => void
}

/** `velocity`: the momentum buffers of a resumed run, which the optimizer owns from now on; default zero, as in PyTorch. */
export function createSgd(
  parameters: ReadonlyMap<string, tf.Variable>,
  { momentum, weightDecay }: SgdOptions,
  velocity: ReadonlyMap<string, tf.Variable> = zeros(parameters),
): Sgd {
  const update = ({ weight, velocity: v, gradient }: Parameter, rates: tf.Tensor) =>
    tf.tidy(() => {
      const [rate, factor, decay] = tf.split(rates as tf.Tensor1D, 3)
      v.assign(tf.add(tf.mul(v, factor), tf.add(gradient, tf.mul(weight, decay))))
      weight.assign(tf.sub(weight, tf.mul(v, rate)))
    })
  return {
    rates: (learningRate) => Float32Array.of(learningRate, momentum, weightDecay),
    update: (gradients, rates) => {
      const all = [...parameters].map(([name, weight]) => {
        const gradient = gradients.get(name)
        if (!gradient) throw new Error(`missing gradient: ${name}`)
        return { weight, velocity: velocity.get(name) as tf.Variable, gradient }
      })
      const backend = labBackend()
      if (backend) sgdStep(backend, all, rates)
      else for (const parameter of all) update(parameter, rates)
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
