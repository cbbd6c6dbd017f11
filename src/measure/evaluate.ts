/** Evaluation and probes: the network in evaluation mode over held-out images. */
import * as tf from '@tensorflow/tfjs'
import type { EvaluationEvent, ProbeEvent, SiteProbe } from '../events.ts'
import { scores } from '../gpu/kernels/cross-entropy.ts'
import { type Gpu, read } from '../gpu/read.ts'
import { toInput } from '../model/input.ts'
import { type Ablation, type Architecture, forward, sitesOf, type Weights } from '../model/resnet.ts'
import { aggregate, createSelectivity } from './selectivity.ts'
import { rounded } from './statistics.ts'

/** Images [N · size · size · 3] uint8 and their labels [N], as the data room reads them. */
export interface LabeledImages {
  readonly images: Uint8Array
  readonly labels: Int32Array
}

export interface Network {
  readonly gpu: Gpu
  readonly net: Architecture
  readonly weights: Weights
  readonly inputSize: number
}

export type Evaluation = Pick<EvaluationEvent, 'images' | 'loss' | 'crossEntropy' | 'top1' | 'top5'>

/** Loss and accuracy over batches, optionally with units ablated. Throws when there is no image. */
export async function evaluate(
  { gpu, net, weights, inputSize }: Network,
  batches: AsyncIterable<LabeledImages>,
  ablate?: ReadonlyMap<string, Ablation>,
): Promise<Evaluation> {
  const sum = { images: 0, crossEntropy: 0, top1: 0, top5: 0 }
  for await (const { images, labels } of batches) {
    const counts = tf.tidy(() => {
      const x = toInput(images, labels.length, inputSize)
      const y = tf.tensor1d(labels, 'int32')
      const { logits } = forward(net, weights, x, { mode: 'evaluation', ablate })
      const { crossEntropy, top1, top5 } = scores(logits, y)
      return [crossEntropy, top1, top5]
    })
    const [crossEntropy, top1, top5] = await read(gpu, counts).finally(() => tf.dispose(counts))
    sum.images += labels.length
    sum.crossEntropy += crossEntropy[0]
    sum.top1 += top1[0]
    sum.top5 += top5[0]
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
  { gpu, net, weights, inputSize }: Network,
  { images, labels }: LabeledImages,
  ablate?: ReadonlyMap<string, Ablation>,
): Promise<{ logits: Float32Array; pooled: Map<string, Float32Array> }> {
  const tensors = tf.tidy(() => {
    const { logits, pooled } = forward(net, weights, toInput(images, labels.length, inputSize), {
      mode: 'evaluation',
      ablate,
    })
    return [logits, ...pooled.values()]
  })
  const [logits, ...values] = await read(gpu, tensors).finally(() => tf.dispose(tensors))
  return { logits, pooled: new Map(sitesOf(net).map(({ name }, i) => [name, values[i]])) }
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
