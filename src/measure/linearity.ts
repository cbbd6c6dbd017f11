/** How near the network is to an affine one: four measures, in evaluation mode, of one pass over the images. */
import * as tf from '@tensorflow/tfjs'
import type { Tensors } from '../gpu/compile/trace.ts'
import type { Graph } from '../gpu/executor.ts'
import { forward } from '../model/forward.ts'
import { imageSpecs, imageValues, toInput } from '../model/input.ts'
import { sitesOf } from '../model/resnet.ts'
import { type ByK, createCorrelation } from './correlation.ts'
import type { LabeledImages, Network } from './evaluate.ts'
import { evenBatches } from './even-batches.ts'
import { createReadOut } from './read-out.ts'
import { rounded } from './statistics.ts'

type BySite = Readonly<Record<string, number>>

/** A number that cannot be told (nothing varies, too few images) is NaN. */
export interface Linearity {
  readonly images: number
  /**
   * ‖f(½x₁ + ½x₂) − ½f(x₁) − ½f(x₂)‖ / ‖chord − its mean over the pairs‖, f = logits; x normalized images, the pairs each
   * even image with the odd one behind it. 0 for an affine network.
   */
  readonly affineDeviation: number
  /** Of the last ReLU of each site's block, over units and positions: mean of max(p, 1 − p), p = share of images with output > 0. */
  readonly gateConstancy: BySite
  readonly crossLayerCorrelation: { readonly order: readonly string[]; readonly byK: ByK; readonly control: ByK }
  /** R² of predicting the logits from a site's pooled activations; read-out.ts says how. */
  readonly readOut: BySite
}

export interface LinearityOptions {
  /** Seeds the random units of the control. */
  readonly seed: number
  /** How often they are drawn. */
  readonly draws?: number
  readonly signal?: AbortSignal
  /** Told how many images are done. */
  readonly onProgress?: (images: number) => void
}

const gatesOf = (site: string) => `${site} gates`

/** How many images hold each gate open: [N, H, W, units] → [H · W · units]. */
function openGates(output: tf.Tensor4D): tf.Tensor {
  const images = output.shape[0]
  // Not a cast of a comparison: tfjs's WebGPU backend renames the type and leaves the bits of the whole number.
  const open = tf.reshape(tf.step(output), [images, -1]) as tf.Tensor2D
  return tf.matMul(tf.ones([1, images]), open)
}

/** ½x₁ + ½x₂ of each two neighbors. x: [2 · pairs, H, W, C] */
function mixed(x: tf.Tensor4D, pairs: number): tf.Tensor4D {
  const [, ...shape] = x.shape
  const [even, odd] = tf.split(tf.reshape(x, [pairs, 2, x.size / (2 * pairs)]), 2, 1)
  return tf.reshape(tf.add(tf.mul(even, 0.5), tf.mul(odd, 0.5)), [pairs, ...shape])
}

function linearityGraph(network: Network, images: number): Graph {
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

/** Streams pairs: logits of the images [2 · pairs · classes] and of their mixtures [pairs · classes]. */
export function createAffineDeviation(classes: number) {
  const sums = new Float64Array(classes)
  let [pairs, squares, deviation] = [0, 0, 0]
  return {
    add: (logits: Float32Array, mixtures: Float32Array) => {
      for (const [i, mixture] of mixtures.entries()) {
        const [pair, c] = [Math.floor(i / classes), i % classes]
        const chord = (logits[2 * pair * classes + c] + logits[(2 * pair + 1) * classes + c]) / 2
        sums[c] += chord
        squares += chord * chord
        deviation += (mixture - chord) ** 2
      }
      pairs += mixtures.length / classes
    },
    result: () => {
      const spread = squares - sums.reduce((sum, s) => sum + (s * s) / pairs, 0)
      return Math.sqrt(deviation / spread)
    },
  }
}

/** Streams counts of open gates among `images` images, one entry a gate. */
export function createGateConstancy() {
  let open = new Float64Array(0)
  let images = 0
  return {
    add: (counts: Float32Array, count: number) => {
      if (open.length === 0) open = new Float64Array(counts.length)
      for (let i = 0; i < open.length; i++) open[i] += counts[i]
      images += count
    },
    result: () => open.reduce((sum, count) => sum + Math.max(count, images - count) / images, 0) / open.length,
  }
}

const roundedTables = (tables: ByK): ByK =>
  Object.fromEntries(Object.entries(tables).map(([k, table]) => [k, table.map((row) => row.map(rounded))]))

/** All four measures. Rejects with AbortError, or where there is no image. */
export async function linearity(
  network: Network,
  batches: AsyncIterable<LabeledImages>,
  { seed, draws = 5, signal, onProgress }: LinearityOptions,
): Promise<Linearity> {
  const sites = sitesOf(network.net)
  const { classes } = network.net.spec
  const affine = createAffineDeviation(classes)
  const bySite = sites.map((site) => ({
    name: site.name,
    gates: createGateConstancy(),
    readOut: createReadOut(site.units, classes),
  }))
  const correlation = createCorrelation([...sites.map(({ units }) => units), classes], classes, { seed, draws })
  let images = 0
  for await (const batch of evenBatches(batches, network.inputSize)) {
    signal?.throwIfAborted()
    const count = batch.labels.length
    const found = await network.executor.run(
      linearityGraph(network, count),
      imageValues(batch, count, network.inputSize),
    )
    const { logits } = found
    if (found.mixed) affine.add(logits, found.mixed)
    for (const { name, gates, readOut } of bySite) {
      gates.add(found[gatesOf(name)], count)
      readOut.add(found[name], logits)
    }
    correlation.add([...bySite.map(({ name }) => found[name]), logits], batch.labels)
    images += count
    onProgress?.(images)
  }
  if (images === 0) throw new Error('nothing to measure: the split has no images')
  const { byK, control } = correlation.result()
  const each = (of: (site: (typeof bySite)[number]) => number): BySite =>
    Object.fromEntries(bySite.map((site) => [site.name, rounded(of(site))]))
  return {
    images,
    affineDeviation: rounded(affine.result()),
    gateConstancy: each(({ gates }) => gates.result()),
    crossLayerCorrelation: {
      order: [...sites.map(({ name }) => name), 'fc'],
      byK: roundedTables(byK),
      control: roundedTables(control),
    },
    readOut: each(({ readOut }) => readOut.result()),
  }
}
