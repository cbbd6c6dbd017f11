/** How near a network is to an affine one: four measures, in evaluation mode, from one pass over the images. */
import { imageValues } from '../model/input.ts'
import { sitesOf } from '../model/resnet.ts'
import { createAffineDeviation, type Pairing } from './affine-deviation.ts'
import { type ByK, createCorrelation } from './correlation.ts'
import type { LabeledImages, Network } from './evaluate.ts'
import { evenBatches } from './even-batches.ts'
import { gatesOf, linearityGraph } from './linearity-graph.ts'
import { compiledFor, pass } from './pass.ts'
import { createReadOut } from './read-out.ts'
import { rounded } from './statistics.ts'

type BySite = Readonly<Record<string, number>>

/** A number that does not exist (nothing varies, too few images) is NaN. */
export interface Linearity {
  readonly images: number
  /** How the images were paired, and the seed of the pairing and of the random units. */
  readonly pairs: Pairing
  readonly seed: number
  /**
   * ‖f(½x₁ + ½x₂) − ½f(x₁) − ½f(x₂)‖ / ‖chord − its mean over the pairs‖, f = logits; x are normalized images. 0 for an
   * affine network.
   */
  readonly affineDeviation: number
  /** For the last ReLU of each site's block, mean of max(p, 1 − p) over units and positions; p = share of images with output > 0. */
  readonly gateConstancy: BySite
  readonly crossLayerCorrelation: { readonly order: readonly string[]; readonly byK: ByK; readonly control: ByK }
  /** R² of predicting the logits from a site's pooled activations; read-out.ts describes how. */
  readonly readOut: BySite
}

export interface LinearityOptions {
  /** Seed of the control's random units; the run's seed also orders the images. */
  readonly seed: number
  /** The order of `batches`: canonical for `seeded` pairs, which is the default, or the dataset's. */
  readonly pairs?: Pairing
  /** Number of draws of the control's random units. */
  readonly draws?: number
  readonly signal?: AbortSignal
  /** Called with the number of images done. */
  readonly onProgress?: (images: number) => void
}

/** Streams counts of open gates over images. */
function createGateConstancy() {
  let open = new Float64Array(0)
  let images = 0
  return {
    /** Adds `count` images. counts: how many of them hold each gate open. */
    add: (counts: Float32Array, count: number) => {
      if (open.length === 0) open = new Float64Array(counts.length)
      for (let i = 0; i < open.length; i++) open[i] += counts[i]
      images += count
    },
    result: () => open.reduce((sum, count) => sum + Math.max(count, images - count) / images, 0) / open.length,
  }
}

/** Calculators of all four measures. */
function createMeasures({ net }: Network, seed: number, draws: number) {
  const { classes } = net.spec
  const sites = sitesOf(net)
  return {
    affine: createAffineDeviation(classes),
    sites: sites.map((site) => ({
      name: site.name,
      gates: createGateConstancy(),
      readOut: createReadOut(site.units, classes),
    })),
    correlation: createCorrelation([...sites.map(({ units }) => units), classes], classes, { seed, draws }),
  }
}

type Measures = ReturnType<typeof createMeasures>

/** Adds a batch. found: the outputs of `linearityGraph`. */
function addBatch(
  { affine, sites, correlation }: Measures,
  found: Readonly<Record<string, Float32Array>>,
  labels: Int32Array,
) {
  const { logits } = found
  if (found.mixed) affine.add(logits, found.mixed)
  for (const { name, gates, readOut } of sites) {
    gates.add(found[gatesOf(name)], labels.length)
    readOut.add(found[name], logits)
  }
  correlation.add([...sites.map(({ name }) => found[name]), logits], labels)
}

const roundedTables = (tables: ByK): ByK =>
  Object.fromEntries(Object.entries(tables).map(([k, table]) => [k, table.map((row) => row.map(rounded))]))

function resultOf({ affine, sites, correlation }: Measures): Omit<Linearity, 'images' | 'pairs' | 'seed'> {
  const { byK, control } = correlation.result()
  const each = (of: (site: Measures['sites'][number]) => number): BySite =>
    Object.fromEntries(sites.map((site) => [site.name, rounded(of(site))]))
  return {
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

/**
 * All four measures. With images in the same order, results are equal bit for bit; another batch size may change the
 * activations by rounding, as kernels then add in another order. Rejects with AbortError, or with Error where there is no
 * image.
 */
export async function linearity(
  network: Network,
  batches: AsyncIterable<LabeledImages>,
  { seed, pairs = 'seeded', draws = 5, signal, onProgress }: LinearityOptions,
): Promise<Linearity> {
  const { inputSize, executor } = network
  const measures = createMeasures(network, seed, draws)
  let images = 0
  const graphOf = ({ labels }: LabeledImages) => linearityGraph(network, labels.length)
  const run = async (batch: LabeledImages) => {
    const { labels } = batch
    return { labels, found: await executor.run(graphOf(batch), imageValues(batch, labels.length, inputSize)) }
  }
  const ready = compiledFor(executor, evenBatches(batches, inputSize), graphOf)
  for await (const { labels, found } of pass(ready, run, signal)) {
    addBatch(measures, found, labels)
    images += labels.length
    onProgress?.(images)
  }
  if (images === 0) throw new Error('nothing to measure: the split has no images')
  return { images, pairs, seed, ...resultOf(measures) }
}
