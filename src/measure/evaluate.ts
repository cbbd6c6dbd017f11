/** Evaluation and probes: the network in evaluation mode over held-out images. */
import type * as tf from '@tensorflow/tfjs'
import type { Tensors } from '../gpu/compile/trace.ts'
import type { Executor, Graph, Values } from '../gpu/executor.ts'
import { scores } from '../gpu/kernels/cross-entropy.ts'
import { type ForwardResult, forward } from '../model/forward.ts'
import { type ImageBytes, type ImageSize, imageSpecs, imageValues, toInput } from '../model/input.ts'
import { type Architecture, sitesOf, type Weights } from '../model/resnet.ts'
import type { EvaluationEvent, ProbeEvent, SiteProbe } from '../protocol/run-events.ts'
import { aggregate, createSelectivity } from './selectivity.ts'
import { rounded } from './statistics.ts'

/** Images and their labels [N], as the data room reads them. */
export interface LabeledImages extends ImageBytes {
  readonly labels: Int32Array
}

export interface Network extends ImageSize {
  readonly executor: Executor
  readonly net: Architecture
  readonly weights: Weights
}

/** What replaces units of a site: activation · keep + fill, both [units]. */
export interface AblationValues {
  readonly keep: Float32Array
  readonly fill: Float32Array
}

export type Ablations = ReadonlyMap<string, AblationValues>

const none: Ablations = new Map()

export type Evaluation = Pick<EvaluationEvent, 'images' | 'loss' | 'crossEntropy' | 'top1' | 'top5'>

type Outputs = (result: ForwardResult, inputs: Tensors) => Tensors

/** The network in evaluation mode over a batch of `images` images, with units of the sites in `ablate` replaced. */
function evaluationGraph(name: string, network: Network, images: number, ablate: Ablations, outputs: Outputs): Graph {
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

/** Loss and accuracy over batches, optionally with units ablated. Throws when there is no image. */
export async function evaluate(
  network: Network,
  batches: AsyncIterable<LabeledImages>,
  ablate: Ablations = none,
): Promise<Evaluation> {
  const sum = { images: 0, crossEntropy: 0, top1: 0, top5: 0 }
  const outputs: Outputs = ({ logits }, { labels }) => ({ ...scores(logits, labels as tf.Tensor1D) })
  for await (const batch of batches) {
    const graph = evaluationGraph('evaluation', network, batch.labels.length, ablate, outputs)
    const result = await network.executor.run(graph, evaluationValues(network, batch, ablate))
    sum.images += batch.labels.length
    sum.crossEntropy += result.crossEntropy[0]
    sum.top1 += result.top1[0]
    sum.top5 += result.top5[0]
  }
  if (sum.images === 0) throw new Error('nothing to evaluate: the split has no images')
  const loss = rounded(sum.crossEntropy / sum.images)
  return {
    images: sum.images,
    loss,
    crossEntropy: loss,
    top1: rounded(sum.top1 / sum.images),
    top5: rounded(sum.top5 / sum.images),
  }
}

/** Logits and pooled activations of one batch, on the CPU: [N · classes] and site → [N · units]. */
export async function activations(
  network: Network,
  batch: LabeledImages,
  ablate: Ablations = none,
): Promise<{ logits: Float32Array; pooled: Map<string, Float32Array> }> {
  const outputs: Outputs = ({ logits, pooled }) => ({ logits, ...Object.fromEntries(pooled) })
  const graph = evaluationGraph('probe', network, batch.labels.length, ablate, outputs)
  const { logits, ...pooled } = await network.executor.run(graph, evaluationValues(network, batch, ablate))
  return { logits, pooled: new Map(Object.entries(pooled)) }
}

/** Selectivity of all units over the probe set; `shuffled` holds the probe set's labels under each shuffle. */
export async function probe(
  network: Network,
  batches: AsyncIterable<LabeledImages>,
  shuffled: readonly Int32Array[],
): Promise<Pick<ProbeEvent, 'images' | 'sites' | 'modules' | 'network'>> {
  const sites = sitesOf(network.net)
  const calculator = createSelectivity(sites, network.net.spec.classes, shuffled.length)
  let images = 0
  for await (const batch of batches) {
    const { pooled } = await activations(network, batch)
    const upTo = images + batch.labels.length
    calculator.add(
      pooled,
      batch.labels,
      shuffled.map((labels) => labels.subarray(images, upTo)),
    )
    images = upTo
  }
  const result: SiteProbe[] = calculator.result()
  return { images, sites: result, ...aggregate(result) }
}
