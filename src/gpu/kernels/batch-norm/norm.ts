/** Arguments of batch norm, for the fused and the plain form. */
import type * as tf from '@tensorflow/tfjs'

export const epsilon = 1e-5

/** x: [N, H, W, C]; scale and shift: [C] */
export interface NormTensors {
  readonly x: tf.Tensor4D
  readonly scale: tf.Tensor1D
  readonly shift: tf.Tensor1D
}

/** Operations after the normalization: relu(y + residual). */
export interface Fusion {
  readonly relu?: boolean
  /** Has x's shape. */
  readonly residual?: tf.Tensor4D
}

/** Running statistics [C], updated in place: running ← (1 − momentum) · running + momentum · batch. */
export interface Running {
  readonly mean: tf.Variable
  /** Receives the unbiased variance, as in PyTorch. */
  readonly variance: tf.Variable
  readonly momentum: number
}
