/** Ranks of the true class, on the GPU. */
import * as tf from '@tensorflow/tfjs'

/**
 * How many images have their true class among the k largest logits. Ties count for the class with the lower
 * index, as arg max has it. logits [N, C], labels [N] int32 → scalar.
 */
export function topCount(logits: tf.Tensor2D, labels: tf.Tensor1D, k: number): tf.Scalar {
  return tf.tidy(() => {
    const classes = logits.shape[1]
    const truth = tf.oneHot(labels, classes).toFloat()
    const own = tf.sum(tf.mul(logits, truth), 1, true)
    const index = tf.range(0, classes)
    const ownIndex = labels.toFloat().expandDims(1)
    const before = tf.logicalAnd(tf.equal(logits, own), tf.less(index, ownIndex)).toFloat()
    const rank = tf.sum(tf.add(tf.greater(logits, own).toFloat(), before), 1)
    return tf.sum(tf.less(rank, k).toFloat()) as tf.Scalar
  })
}

/** Sum over images of −log softmax(logits)[label]. Differentiable. logits [N, C], labels [N] int32 → scalar. */
export function crossEntropySum(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  const truth = tf.oneHot(labels, logits.shape[1]).toFloat()
  return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), truth))) as tf.Scalar
}
