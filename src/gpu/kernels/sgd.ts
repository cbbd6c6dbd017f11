/** SGD with momentum and weight decay, in place: one dispatch per variable. */
import type * as tf from '@tensorflow/tfjs'
import type { LabBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import { elementEntry, elementGroups, vectorFor } from './vectors.ts'

const program = (width: 1 | 4): Program => {
  const type = width === 4 ? 'vec4f' : 'f32'
  return {
    key: `sgd-${width}`,
    outputs: { weight: type, velocity: type },
    inputs: { gradient: type, rates: 'f32' },
    uniforms: { count: 'u32' },
    reads: { weight: 1, velocity: 1 },
    code: `${elementEntry('u.count')}
  let v = rates[1] * velocity[i] + (gradient[i] + rates[2] * weight[i]);
  velocity[i] = v;
  weight[i] -= rates[0] * v;
}`,
  }
}

/** velocity ← momentum · velocity + (gradient + decay · weight); weight ← weight − rate · velocity. rates: [rate, momentum, decay] */
export function sgdStep(
  backend: LabBackend,
  weight: tf.Variable,
  velocity: tf.Variable,
  gradient: tf.Tensor,
  rates: tf.Tensor,
): void {
  const { width } = vectorFor(weight.size)
  const count = weight.size / width
  backend.dispatch(program(width), {
    outputs: [weight, velocity],
    inputs: [gradient, rates],
    uniforms: { count },
    workgroups: elementGroups(count),
  })
}
