/** Loads the network of a checkpoint for as long as a measurement needs it. */
import * as tf from '@tensorflow/tfjs'
import type { RunConfig } from '../config/config.ts'
import { sideOf } from '../config/side.ts'
import { createExecutor } from '../gpu/executor.ts'
import { createChoices } from '../gpu/kernels/choose.ts'
import type { Gpu } from '../gpu/read.ts'
import type { Architecture } from '../model/resnet.ts'
import { parseSafetensors } from '../model/safetensors.ts'
import { loadWeights } from '../model/weights.ts'
import type { Environment } from '../protocol/environment.ts'
import type { Network } from './evaluate.ts'

export interface Lender {
  readonly gpu: Gpu
  readonly net: Architecture
  readonly config: RunConfig
  /** Kernel variants that the run recorded; without them they are guessed. */
  readonly kernels?: Environment['kernels']
}

/** Calls `work` with the network that has the weights of a safetensors file, and frees it. Rejects when the weights do not fit the network. */
export async function lendNetwork<T>(
  { gpu, net, config, kernels }: Lender,
  bytes: Uint8Array,
  work: (network: Network) => Promise<T>,
): Promise<T> {
  const weights = loadWeights(net, parseSafetensors(bytes))
  const executor = createExecutor({ gpu, choices: createChoices(gpu.adapter, kernels?.choices) })
  try {
    return await work({ executor, net, weights, inputSize: config.data.inputSize, keptSide: sideOf(config.data) })
  } finally {
    executor.dispose()
    tf.dispose([...weights.values()])
  }
}
