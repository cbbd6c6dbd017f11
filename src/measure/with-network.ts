/** The network of a checkpoint, while something is measured on it. */
import * as tf from '@tensorflow/tfjs'
import type { RunConfig } from '../config/config.ts'
import { sideOf } from '../config/side.ts'
import type { Executor } from '../gpu/executor.ts'
import type { Architecture } from '../model/resnet.ts'
import { parseSafetensors } from '../model/safetensors.ts'
import { loadWeights } from '../model/weights.ts'
import type { Network } from './evaluate.ts'

export interface NetworkOptions {
  readonly net: Architecture
  readonly config: RunConfig
  readonly createExecutor: () => Executor
}

export interface OpenNetwork {
  readonly network: Network
  /** Frees the weights and the executor. */
  readonly close: () => void
}

/** Loads the weights of a safetensors file. Throws WeightsError where they do not fit the network. */
export function openNetwork({ net, config, createExecutor }: NetworkOptions, bytes: Uint8Array): OpenNetwork {
  const weights = loadWeights(net, parseSafetensors(bytes))
  const executor = createExecutor()
  const { inputSize } = config.data
  return {
    network: { executor, net, weights, inputSize, keptSide: sideOf(config.data) },
    close: () => {
      executor.dispose()
      tf.dispose([...weights.values()])
    },
  }
}
