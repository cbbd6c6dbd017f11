/** A small untrained network with a checkpoint, opened for measuring. */
import * as tf from '@tensorflow/tfjs'
import { type OpenedRun, openRun } from '../analysis/open-run.ts'
import { parseConfig } from '../config/config.ts'
import type { ImageSet } from '../data/source.ts'
import { identityOf } from '../data-identity.ts'
import { architectureOf } from '../model/resnet.ts'
import { writeSafetensors } from '../model/safetensors.ts'
import { initialWeights, storeWeights } from '../model/weights.ts'
import { testGpu } from './gpu.ts'

export interface ToyOptions {
  /** Images of an evaluation batch. */
  readonly batchSize?: number
  readonly signal?: AbortSignal
  /** Called when the run closes its images. */
  readonly close?: () => void
}

const model = { blocks: [1, 1, 1, 1], width: 8, block: 'bottleneck', stem: 'imagenet' } as const

/** Checkpoints of every toy run. */
export const toyCheckpoints = [0, 1].map((epoch) => ({ file: `epoch-000${epoch}.safetensors`, epoch }))

/** The bytes of a checkpoint; its epoch is the seed of its weights. */
async function checkpointOf(classes: number, epoch: number): Promise<Uint8Array> {
  const weights = initialWeights(architectureOf({ ...model, classes }), epoch + 1)
  try {
    return writeSafetensors(await storeWeights(await testGpu(), weights, 0))
  } finally {
    tf.dispose([...weights.values()])
  }
}

/** Opens a run of the network on prepared images. */
export async function openToyRun(
  set: ImageSet,
  { batchSize = 6, signal = new AbortController().signal, close = () => {} }: ToyOptions = {},
): Promise<OpenedRun> {
  const config = parseConfig({
    seed: 3,
    data: { inputSize: 16, augmentation: 'none' },
    model: { ...model, blocks: [...model.blocks] },
    train: { batchSize, microBatchSize: batchSize },
    probe: { imagesPerClass: 4 },
  })
  return openRun({
    config,
    classes: set.classes.map(({ id }) => id),
    kernels: undefined,
    source: 'toy',
    identity: identityOf(set.report),
    images: { set, warnings: [], close, [Symbol.dispose]: close, [Symbol.asyncDispose]: async () => close() },
    readCheckpoint: (file) => checkpointOf(set.classes.length, Number(/\d+/.exec(file)?.[0])),
    gpu: await testGpu(),
    signal,
  })
}
