/**
 * Gradients that give back what they have used. tfjs keeps activations and gradients until a whole backward pass is
 * done; within `releasing`, ours dispose them as soon as nobody can ask for them again. Outside it nothing is
 * disposed, because the caller may still hold the gradient that the pass began with.
 */
import * as tf from '@tensorflow/tfjs'

let depth = 0

/** Runs a backward pass whose tensors belong to nobody else. */
export function releasing<T>(pass: () => T): T {
  depth++
  try {
    return pass()
  } finally {
    depth--
  }
}

/** Disposes tensors that a gradient needed for the last time. */
export function spent(...tensors: tf.Tensor[]): void {
  if (depth > 0) tf.dispose(tensors)
}
