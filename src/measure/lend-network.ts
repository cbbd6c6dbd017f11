/** The network of a checkpoint, for as long as something is measured on it. */
import * as tf from '@tensorflow/tfjs'
import type { RunConfig } from '../config/config.ts'
import { sideOf } from '../config/side.ts'
import { createExecutor } from '../gpu/executor.ts'
import type { Gpu } from '../gpu/read.ts'
import type { Architecture } from '../model/resnet.ts'
import { parseSafetensors } from '../model/safetensors.ts'
import { loadWeights } from '../model/weights.ts'
import type { Network } from './evaluate.ts'

export interface Lender {
  readonly gpu: Gpu
  readonly net: Architecture
  readonly config: RunConfig
}

/** Lends `work` the network with the weights of a safetensors file, and frees it. Rejects where they do not fit the network. */
export async function lendNetwork<T>(
  { gpu, net, config }: Lender,
  bytes: Uint8Array,
  work: (network: Network) => Promise<T>,
): Promise<T> {
  const weights = loadWeights(net, parseSafetensors(bytes))
  const executor = createExecutor({ gpu })
  try {
    return await work({ executor, net, weights, inputSize: config.data.inputSize, keptSide: sideOf(config.data) })
  } finally {
    executor.dispose()
    tf.dispose([...weights.values()])
  }
}
