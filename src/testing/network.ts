/** PyTorch's trained networks with their validation images, for measuring. */
import * as tf from '@tensorflow/tfjs'
import { createExecutor } from '../gpu/executor.ts'
import type { LabeledImages, Network } from '../measure/evaluate.ts'
import { architectureOf } from '../model/resnet.ts'
import { loadWeights } from '../model/weights.ts'
import { testGpu } from './gpu.ts'
import { labeledImages, type OracleCase, withPrefix } from './oracle.ts'

export interface MeasuredNetwork {
  readonly network: Network
  readonly images: LabeledImages
  readonly dispose: () => void
}

/** The network of a case after its steps, and its evaluation images. */
export async function trainedNetwork({ config, tensors }: OracleCase, eager = false): Promise<MeasuredNetwork> {
  const gpu = await testGpu()
  const net = architectureOf({ ...config, block: 'bottleneck', stem: 'imagenet' })
  const weights = loadWeights(net, withPrefix(tensors, 'state.after'))
  const executor = createExecutor({ gpu, eager })
  return {
    network: { executor, net, weights, inputSize: config.size },
    images: labeledImages(tensors, 'eval'),
    dispose: () => {
      executor.dispose()
      tf.dispose([...weights.values()])
    },
  }
}

/** Images in batches of `size`. */
export async function* inBatches(
  { images, labels }: LabeledImages,
  size = labels.length,
): AsyncGenerator<LabeledImages> {
  const bytes = images.length / labels.length
  for (let at = 0; at < labels.length; at += size) {
    yield { images: images.subarray(at * bytes, (at + size) * bytes), labels: labels.subarray(at, at + size) }
  }
}
