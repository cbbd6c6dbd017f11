/** A run opened for measuring: its network, its validation images, and the weights of its checkpoints. */
import * as tf from '@tensorflow/tfjs'
import type { RunConfig } from '../config/config.ts'
import { sideOf } from '../config/side.ts'
import type { Prepared } from '../data/feed/prepare.ts'
import type { ImageSet } from '../data/source.ts'
import { createExecutor, type Executor } from '../gpu/executor.ts'
import { isolated } from '../gpu/isolated.ts'
import { createChoices } from '../gpu/kernels/choose.ts'
import type { Gpu } from '../gpu/read.ts'
import type { Network } from '../measure/evaluate.ts'
import type { ImageBatches } from '../measure/variant-scorer.ts'
import { type FittedWeights, fitWeights, WeightsError } from '../model/fit.ts'
import { type Architecture, architectureOf, sitesOf } from '../model/resnet.ts'
import { parseSafetensors, type TensorFile } from '../model/safetensors.ts'
import { SafetensorsError } from '../model/safetensors-header.ts'
import { startWeights } from '../model/weights.ts'
import type { Environment, SiteInfo } from '../protocol/environment.ts'
import type { CheckpointName } from '../protocol/measurement.ts'
import { createRunReader, type RunReader } from '../train/reader.ts'

export interface OpenRunOptions {
  readonly config: RunConfig
  /** Ids of the classes that the network was trained on. */
  readonly classes: readonly string[]
  /** The kernel variants that the run recorded, so that measuring computes as training did; guessed where undefined. */
  readonly kernels: Environment['kernels']
  /** Name of the dataset in the tables. */
  readonly source: string
  /** Identifies the images in the tables: `identityOf` the run's own, or of others. */
  readonly identity: string
  /** Images limited to the run's classes; the validation ones are prepared. The opened run closes them. */
  readonly images: Prepared
  /** Reads a checkpoint's safetensors file. */
  readonly readCheckpoint: (file: string) => Promise<Uint8Array>
  /** Whether a checkpoint's file is the run's own; by default each is. */
  readonly isOwn?: (file: string) => boolean
  /** Told what was found in the files of checkpoints; a warning may change what the results mean. */
  readonly notice?: (text: string, isWarning: boolean) => void
  readonly gpu: Gpu
  readonly signal: AbortSignal
  /** Computes operation by operation: slower, same numbers. */
  readonly eager?: boolean
}

export interface OpenedRun extends Omit<OpenRunOptions, 'images'>, AsyncDisposable {
  readonly net: Architecture
  readonly sites: readonly SiteInfo[]
  readonly set: ImageSet
  readonly reader: RunReader
  /** The validation images, in the canonical order. */
  readonly heldOut: ImageBatches
}

/**
 * Opens a run. Disposing it closes the images; networks of its checkpoints must be disposed before. Throws Error where the
 * images do not fit the run, and then closes them.
 */
export function openRun({ images, ...options }: OpenRunOptions): OpenedRun {
  const { config, classes, signal } = options
  const { set } = images
  try {
    const net = architectureOf({ ...config.model, classes: classes.length })
    const reader = createRunReader(set, config, signal)
    const heldOut = { images: set.validation.labels.length, batches: reader.validation }
    const close = async () => images[Symbol.asyncDispose]()
    return { ...options, net, sites: sitesOf(net), set, reader, heldOut, [Symbol.asyncDispose]: close }
  } catch (error) {
    images.close()
    throw error
  }
}

/** The network of a checkpoint on the GPU. Disposing it frees its weights and its executor. */
export interface OpenedNetwork extends AsyncDisposable {
  readonly network: Network
}

/**
 * All GPU work of measurements runs on this executor. Its errors do not affect a paused run on the same device, which
 * can still resume.
 */
const executorOf = ({ gpu, kernels, eager }: OpenedRun): Executor =>
  isolated(createExecutor({ gpu, eager, choices: createChoices(gpu.adapter, kernels?.choices) }), gpu)

/** The weights on the GPU. Frees the executor where they do not fit the GPU. */
async function loadOn(executor: Executor, net: Architecture, fitted: FittedWeights): Promise<Map<string, tf.Variable>> {
  try {
    return new Map(Object.entries(await executor.allocate(() => Object.fromEntries(startWeights(net, fitted, 0)))))
  } catch (error) {
    executor.dispose()
    throw error
  }
}

/** The error, with the checkpoint's name where its file is at fault. */
function naming(file: string, error: unknown): unknown {
  const isOfFile = error instanceof SafetensorsError || error instanceof WeightsError
  return isOfFile ? new WeightsError(`cannot use the checkpoint ${file}: ${error.message}`, { cause: error }) : error
}

async function tensorsOf({ readCheckpoint }: OpenedRun, file: string): Promise<TensorFile> {
  const bytes = await readCheckpoint(file)
  try {
    return parseSafetensors(bytes)
  } catch (error) {
    throw naming(file, error)
  }
}

/** Fits a checkpoint to the run's classes, and says what was found in a file that the run did not write. */
function fittedOf({ net, set, isOwn = () => true, notice = () => {} }: OpenedRun, file: string, stored: TensorFile) {
  try {
    const fitted = fitWeights(net, stored, { classes: set.classes })
    const own = isOwn(file)
    if (!own) for (const note of fitted.notes) notice(`${file}: ${note}`, false)
    // The run's own record says what the rows of its checkpoints stand for.
    if (!own || fitted.record.classes !== 'unknown')
      for (const warning of fitted.warnings) notice(`${file}: ${warning}`, true)
    return fitted
  } catch (error) {
    throw naming(file, error)
  }
}

/**
 * Loads a checkpoint's network. A measurement uses the GPU only between opening and disposing it. Rejects where the file
 * cannot be read, or with WeightsError where it is damaged or its weights do not fit the network.
 */
export async function openNetwork(run: OpenedRun, { file }: Pick<CheckpointName, 'file'>): Promise<OpenedNetwork> {
  run.signal.throwIfAborted()
  const { net, config } = run
  const fitted = fittedOf(run, file, await tensorsOf(run, file))
  const executor = executorOf(run)
  const weights = await loadOn(executor, net, fitted)
  const { inputSize } = config.data
  return {
    network: { executor, net, weights, inputSize, keptSide: sideOf(config.data) },
    [Symbol.asyncDispose]: async () => {
      // Disposes the weights first, because after a GPU error the executor destroys their pooled buffers.
      tf.dispose([...weights.values()])
      executor.dispose()
    },
  }
}

/** Runs `work` with the network of a checkpoint and frees the network afterwards. */
export async function withNetwork<T>(
  run: OpenedRun,
  checkpoint: Pick<CheckpointName, 'file'>,
  work: (network: Network) => Promise<T>,
): Promise<T> {
  await using opened = await openNetwork(run, checkpoint)
  return await work(opened.network)
}
