/** Evaluation and probes: the network in evaluation mode over validation images. */
import type * as tf from '@tensorflow/tfjs'
import type { Tensors } from '../gpu/compile/trace.ts'
import type { Executor, Graph, Values } from '../gpu/executor.ts'
import { scores } from '../gpu/kernels/cross-entropy.ts'
import { type ForwardResult, forward } from '../model/forward.ts'
import { type ImageBytes, type ImageSize, imageSpecs, imageValues, toInput } from '../model/input.ts'
import { type Architecture, sitesOf, type Weights } from '../model/resnet.ts'
import { pipelined } from '../pipeline.ts'
import type { EvaluationEvent, ProbeEvent, SiteProbe } from '../protocol/run-events.ts'
import { compiledFor } from './pass.ts'
import { aggregate, createSelectivity } from './selectivity.ts'
import { rounded } from './statistics.ts'

/** A batch of images with their labels [N]. */
export interface LabeledImages extends ImageBytes {
  readonly labels: Int32Array
}

export interface Network extends ImageSize {
  readonly executor: Executor
  readonly net: Architecture
  readonly weights: Weights
}

/** Replaces units of a site by activation · keep + fill; both arrays are [units]. */
export interface AblationValues {
  readonly keep: Float32Array
  readonly fill: Float32Array
}

export type Ablations = ReadonlyMap<string, AblationValues>

const none: Ablations = new Map()

export type Evaluation = Pick<EvaluationEvent, 'images' | 'loss' | 'crossEntropy' | 'top1' | 'top5'>

/** The parts of a network that determine its graphs. */
export type GraphNetwork = Omit<Network, 'executor'>

type Outputs = (result: ForwardResult, inputs: Tensors) => Tensors

/** A graph that runs the network in evaluation mode over a batch, with units of the sites in `ablate` replaced. */
function evaluationGraph(
  name: string,
  network: GraphNetwork,
  images: number,
  ablate: Ablations,
  outputs: Outputs,
): Graph {
  const { net, weights, inputSize } = network
  const sites = [...ablate.keys()]
  const unitsOf = new Map(sitesOf(net).map((site) => [site.name, site.units]))
  const vector = (site: string) => ({ shape: [unitsOf.get(site) as number], dtype: 'float32' }) as const
  return {
    name,
    key: JSON.stringify([images, sites]),
    inputs: {
      ...imageSpecs(images, network),
      labels: { shape: [images], dtype: 'int32' },
      ...Object.fromEntries(sites.flatMap((site) => ['keep', 'fill'].map((what) => [`${site} ${what}`, vector(site)]))),
    },
    state: [],
    step: (inputs) => {
      const x = toInput(inputs, { first: 0, count: images, size: inputSize })
      const ablated = new Map(
        sites.map((site) => {
          const of = (what: string) => inputs[`${site} ${what}`] as tf.Tensor1D
          return [site, { keep: of('keep'), fill: of('fill') }]
        }),
      )
      return outputs(forward(net, weights, x, { mode: 'evaluation', ablate: ablated }), inputs)
    },
  }
}

const evaluationValues = ({ inputSize }: Network, batch: LabeledImages, ablate: Ablations): Values => ({
  ...imageValues(batch, batch.labels.length, inputSize),
  labels: batch.labels,
  ...Object.fromEntries(
    [...ablate].flatMap(([site, { keep, fill }]) => [
      [`${site} keep`, keep],
      [`${site} fill`, fill],
    ]),
  ),
})

/** The graph that computes loss and accuracy, summed over a batch of `images`. */
export const scoreGraph = (network: GraphNetwork, images: number, ablate: Ablations = none): Graph =>
  evaluationGraph('evaluation', network, images, ablate, ({ logits }, { labels }) => ({
    ...scores(logits, labels as tf.Tensor1D),
  }))

/**
 * Loss and accuracy over batches, optionally with units ablated. The GPU computes the next batches while results travel.
 * Throws when there is no image.
 */
export async function evaluate(
  network: Network,
  batches: AsyncIterable<LabeledImages>,
  ablate: Ablations = none,
): Promise<Evaluation> {
  const sum = { images: 0, crossEntropy: 0, top1: 0, top5: 0 }
  const { executor } = network
  const graphOf = ({ labels }: LabeledImages) => scoreGraph(network, labels.length, ablate)
  const start = async (batch: LabeledImages) => {
    const result = await executor.run(graphOf(batch), evaluationValues(network, batch, ablate))
    return { images: batch.labels.length, result }
  }
  for await (const { images, result } of pipelined(compiledFor(executor, batches, graphOf), start)) {
    sum.images += images
    sum.crossEntropy += result.crossEntropy[0]
    sum.top1 += result.top1[0]
    sum.top5 += result.top5[0]
  }
  return meanScores(sum)
}

function meanScores({ images, crossEntropy, top1, top5 }: Omit<Evaluation, 'loss'>): Evaluation {
  if (images === 0) throw new Error('nothing to evaluate: the split has no images')
  const loss = rounded(crossEntropy / images)
  return { images, loss, crossEntropy: loss, top1: rounded(top1 / images), top5: rounded(top5 / images) }
}

/** The graph that computes logits and, by site, pooled activations of a batch of `images`. */
export const probeGraph = (network: GraphNetwork, images: number, ablate: Ablations = none): Graph =>
  evaluationGraph('probe', network, images, ablate, ({ logits, pooled }) => ({ logits, ...Object.fromEntries(pooled) }))

/** Logits [N · classes] and, by site, pooled activations [N · units] of one batch, read back to the CPU. */
export async function activations(
  network: Network,
  batch: LabeledImages,
  ablate: Ablations = none,
): Promise<{ logits: Float32Array; pooled: Map<string, Float32Array> }> {
  const graph = probeGraph(network, batch.labels.length, ablate)
  const { logits, ...pooled } = await network.executor.run(graph, evaluationValues(network, batch, ablate))
  return { logits, pooled: new Map(Object.entries(pooled)) }
}

/** Selectivity of all units over the probe set. `shuffled`: the labels of the whole probe set under each shuffle. */
export async function probe(
  network: Network,
  batches: AsyncIterable<LabeledImages>,
  shuffled: readonly Int32Array[],
): Promise<Pick<ProbeEvent, 'images' | 'sites' | 'modules' | 'network'>> {
  const sites = sitesOf(network.net)
  const calculator = createSelectivity(sites, network.net.spec.classes, shuffled.length)
  const start = async (batch: LabeledImages) => ({ labels: batch.labels, ...(await activations(network, batch)) })
  const ready = compiledFor(network.executor, batches, ({ labels }) => probeGraph(network, labels.length))
  let images = 0
  for await (const { labels, pooled } of pipelined(ready, start)) {
    const upTo = images + labels.length
    const shuffledLabels = shuffled.map((all) => all.subarray(images, upTo))
    calculator.add(pooled, labels, shuffledLabels)
    images = upTo
  }
  const result: SiteProbe[] = calculator.result()
  return { images, sites: result, ...aggregate(result) }
}
