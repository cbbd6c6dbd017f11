/**
 * Early disposal in backward passes. tfjs holds activations and gradients until a whole backward pass ends; within
 * `releasing`, the lab's gradients dispose them after their last use. Outside of it nothing is disposed, because the caller
 * may still use the gradient that the pass began with.
 */
import * as tf from '@tensorflow/tfjs'

let depth = 0

/** Runs a backward pass; no other code may use its tensors. */
export function releasing<T>(pass: () => T): T {
  depth++
  try {
    return pass()
  } finally {
    depth--
  }
}

/** Disposes tensors after their last use in a gradient. Does nothing outside of `releasing`. */
export function spent(...tensors: tf.Tensor[]): void {
  if (depth > 0) tf.dispose(tensors)
}
