/** Batch normalization (Ioffe & Szegedy 2015) over N, H, W of NHWC tensors, as PyTorch's BatchNorm2d computes it. */
import * as tf from '@tensorflow/tfjs'

export const epsilon = 1e-5
/** Weight of the newest batch in the running statistics. */
export const momentum = 0.1

export interface BatchStatistics {
  /** [C] */
  readonly mean: tf.Tensor1D
  /** [C], with n − 1 in the denominator: what PyTorch keeps. */
  readonly unbiasedVariance: tf.Tensor1D
}

const axes = [0, 1, 2]

/** Mean over N, H, W: [N, H, W, C] → [C], as a product with a row of ones. */
function channelMeans(x: tf.Tensor4D): tf.Tensor1D {
  const channels = x.shape[3]
  const rows = x.size / channels
  const sums = tf.matMul(tf.fill([1, rows], 1), tf.reshape(x, [rows, channels]))
  return tf.div(tf.reshape(sums, [channels]), rows)
}

/**
 * y = (x − mean) / √(variance + ε) · scale + shift with the batch's own (biased) statistics, which are handed to
 * `onStatistics` inside the operation; keep what should outlive it. Differentiable in x, scale and shift; the
 * gradient is written out (section 3 of the paper), which spares the tape some twenty intermediate tensors.
 * Throws when there is only one value a channel.
 *
 * The order of operations here and in the gradient is one of several that are equally exact. Two of the reference
 * cases have a ReLU whose input lies within 3e-6 of zero, so that rounding decides about a gradient; with this
 * order all of them agree with PyTorch.
 */
export function batchNormTrain(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  shift: tf.Tensor1D,
  onStatistics: (statistics: BatchStatistics) => void,
): tf.Tensor4D {
  const n = x.size / x.shape[3]
  if (n < 2) throw new Error(`batch norm needs more than one value a channel; input is [${x.shape}]`)
  const op = tf.customGrad((...inputs) => {
    const [input, gamma, beta, save] = inputs as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc]
    const mean = channelMeans(input)
    const centered = tf.sub<tf.Tensor4D>(input, mean)
    const variance = channelMeans(tf.square(centered))
    onStatistics({ mean, unbiasedVariance: tf.mul(variance, n / (n - 1)) })
    const inverse = tf.rsqrt(tf.add(variance, epsilon))
    save([input, mean, inverse, gamma])
    return {
      value: tf.add(tf.mul(tf.mul(centered, inverse), gamma), beta),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradients(dy as tf.Tensor4D, saved, n),
    }
  })
  return op(x, scale, shift) as tf.Tensor4D
}

/** With x̂ the normalized input, by x: scale · inverse / n · (n · dy − Σ dy − x̂ · Σ (dy · x̂)). */
function gradients(dy: tf.Tensor4D, saved: tf.Tensor[], n: number): tf.Tensor[] {
  const [input, mean, inverse, gamma] = saved
  const normalized = tf.mul(tf.sub(input, mean), inverse)
  const dShift = tf.sum(dy, axes)
  const dScale = tf.sum(tf.mul(dy, normalized), axes)
  const inner = tf.sub(tf.sub(tf.mul(dy, n), dShift), tf.mul(normalized, dScale))
  return [tf.mul(tf.div(tf.mul(gamma, inverse), n), inner), dScale, dShift]
}

/** y = (x − mean) / √(variance + ε) · scale + shift with given statistics, all [C]. */
export function batchNormEvaluate(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  shift: tf.Tensor1D,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
): tf.Tensor4D {
  return affine(x, mean, tf.mul(tf.rsqrt(tf.add(variance, epsilon)), scale), shift)
}

/** x · factor + (shift − mean · factor), in PyTorch's order of operations so that roundings fall alike. */
const affine = (x: tf.Tensor4D, mean: tf.Tensor, factor: tf.Tensor, shift: tf.Tensor): tf.Tensor4D =>
  tf.add(tf.mul(x, factor), tf.sub(shift, tf.mul(mean, factor)))
