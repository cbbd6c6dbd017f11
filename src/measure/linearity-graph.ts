/** The graph that computes one batch's contribution to the linearity measures on the GPU. */
import * as tf from '@tensorflow/tfjs'
import type { Tensors } from '../gpu/compile/trace.ts'
import type { Graph } from '../gpu/executor.ts'
import { forward } from '../model/forward.ts'
import { imageSpecs, toInput } from '../model/input.ts'
import type { Network } from './evaluate.ts'

/** Name of the output that counts a site's open gates. */
export const gatesOf = (site: string) => `${site} gates`

/** The number of images that hold each gate open: [N, H, W, units] → [H · W · units]. */
function openGates(output: tf.Tensor4D): tf.Tensor {
  const images = output.shape[0]
  // A cast of a comparison would not work: tfjs's WebGPU backend renames the type and leaves the bits of the whole
  // number.
  const open = tf.reshape(tf.step(output), [images, -1]) as tf.Tensor2D
  return tf.matMul(tf.ones([1, images]), open)
}

/** ½x₁ + ½x₂ of every two neighbors: [2 · pairs, H, W, C] → [pairs, H, W, C]. */
function mixed(x: tf.Tensor4D, pairs: number): tf.Tensor4D {
  const [, ...shape] = x.shape
  const [even, odd] = tf.split(tf.reshape(x, [pairs, 2, x.size / (2 * pairs)]), 2, 1)
  return tf.reshape(tf.add(tf.mul(even, 0.5), tf.mul(odd, 0.5)), [pairs, ...shape])
}

/**
 * Outputs: `logits` [N · classes]; each site's pooled activations [N · units] under its name, and its open gates under
 * `gatesOf`; with two images or more, `mixed`: the logits of the mixtures of neighbors [⌊N/2⌋ · classes].
 */
export function linearityGraph(network: Network, images: number): Graph {
  const { net, weights, inputSize } = network
  return {
    name: 'linearity',
    key: String(images),
    inputs: imageSpecs(images, network),
    state: [],
    step: (inputs: Tensors) => {
      const x = toInput(inputs, { first: 0, count: images, size: inputSize })
      const gates: Record<string, tf.Tensor> = {}
      const visit = (site: string, output: tf.Tensor4D) => {
        gates[gatesOf(site)] = openGates(output)
      }
      const { logits, pooled } = forward(net, weights, x, { mode: 'evaluation', visit })
      const outputs = { logits, ...Object.fromEntries(pooled), ...gates }
      const pairs = Math.floor(images / 2)
      if (pairs === 0) return outputs
      const chord = forward(net, weights, mixed(x, pairs), { mode: 'evaluation' })
      return { ...outputs, mixed: chord.logits }
    },
  }
}
