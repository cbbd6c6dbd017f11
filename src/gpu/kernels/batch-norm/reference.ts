/** The plain tfjs form of batch norm, for other backends and for tests of the fused form. */
import * as tf from '@tensorflow/tfjs'
import type { Fusion, NormTensors, Running } from './norm.ts'

const axes = [0, 1, 2]

/** relu(y + residual); both are optional. */
function fuse(y: tf.Tensor4D, { relu, residual }: Fusion): tf.Tensor4D {
  const sum = residual ? tf.add<tf.Tensor4D>(y, residual) : y
  return relu ? tf.relu(sum) : sum
}

/** Differentiable in x, scale, shift and residual. */
export function batchNormTrainReference(
  { x, scale, shift }: NormTensors,
  fusion: Fusion,
  epsilon: number,
  running?: Running,
): tf.Tensor4D {
  const n = x.size / x.shape[3]
  const { mean, variance } = tf.moments(x, axes)
  if (running) {
    const { momentum } = running
    const blend = (old: tf.Variable, value: tf.Tensor) =>
      old.assign(tf.add(tf.mul(old, 1 - momentum), tf.mul(value, momentum)))
    blend(running.mean, mean)
    blend(running.variance, tf.mul(variance, n / (n - 1)))
  }
  const normalized = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)))
  return fuse(tf.add(tf.mul(normalized, scale), shift), fusion)
}

export function batchNormEvaluateReference(
  { x, scale, shift }: NormTensors,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  fusion: Fusion,
  epsilon: number,
): tf.Tensor4D {
  const factor = tf.mul(tf.rsqrt(tf.add(variance, epsilon)), scale)
  return fuse(tf.add(tf.mul(tf.sub(x, mean), factor), shift), fusion)
}
