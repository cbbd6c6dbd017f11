/** A run opened for measuring: its images and the networks of its checkpoints. */
import { selectImages } from '../data/set/select.ts'
import type { ImageSet } from '../data/source.ts'
import type { Gpu } from '../gpu/read.ts'
import type { ImageBatches } from '../measure/behind.ts'
import type { Network } from '../measure/evaluate.ts'
import { lendNetwork } from '../measure/lend-network.ts'
import { type Architecture, architectureOf, sitesOf } from '../model/resnet.ts'
import type { SiteInfo } from '../protocol/environment.ts'
import type { MeasuredRun } from '../protocol/measurement.ts'
import { createRunReader, type RunReader } from '../train/reader.ts'
import { readCheckpoint } from './checkpoints.ts'
import { preparedImages } from './images.ts'
import type { LoadedSet } from './reading.ts'
import type { StartedRun } from './training.ts'

export interface OpenedRun extends MeasuredRun {
  readonly gpu: Gpu
  readonly net: Architecture
  readonly sites: readonly SiteInfo[]
  readonly set: ImageSet
  readonly reader: RunReader
  /** The held-out images. */
  readonly heldOut: ImageBatches
  readonly signal: AbortSignal
  readonly close: () => void
}

/** The images that a run was started with, or the same read again. Throws Error where the worker has neither. */
export function imagesOf(run: MeasuredRun, started: StartedRun | null, loaded: LoadedSet | null): ImageSet {
  if (started?.id === run.id) return started.set
  const { data, seed } = run.config
  const sameSplit =
    loaded !== null &&
    (!loaded.mayBeSplit || (loaded.seed === seed && loaded.validationFraction === data.validationFraction))
  if (loaded?.set.report.fingerprint !== run.fingerprint || !sameSplit) {
    throw new Error('The images of this run are not here any more: read them again in Data, then measure.')
  }
  return selectImages(loaded.set, { ...data, classes: [...run.classes] }, seed)
}

/** Prepares the held-out images of a run and opens a reader for them. */
export async function openRun(run: MeasuredRun, gpu: Gpu, images: ImageSet, signal: AbortSignal): Promise<OpenedRun> {
  const { config, classes } = run
  const { set, close } = await preparedImages(images, config, { onProgress: () => {}, signal, heldOutOnly: true })
  try {
    const net = architectureOf({ ...config.model, classes: classes.length })
    const reader = createRunReader(set, config, signal)
    const heldOut = { images: set.validation.labels.length, batches: reader.validation }
    return { ...run, gpu, net, sites: sitesOf(net), set, reader, heldOut, signal, close }
  } catch (error) {
    close()
    throw error
  }
}

/** Lends the network of a checkpoint to `work`. */
export const withNetwork = async <T>(
  run: OpenedRun,
  file: string,
  work: (network: Network) => Promise<T>,
): Promise<T> => lendNetwork(run, await readCheckpoint(run.id, file), work)
