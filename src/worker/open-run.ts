/** Opens a run of the page for measuring. */
import { type OpenedRun, openRun } from '../analysis/open-run.ts'
import { changesBetween, foundIn } from '../data/set/changes.ts'
import { selectImages } from '../data/set/select.ts'
import type { ImageSet } from '../data/source.ts'
import { identityOf } from '../data-identity.ts'
import type { Gpu } from '../gpu/read.ts'
import type { DataRecord } from '../protocol/environment.ts'
import type { MeasuredRun } from '../protocol/measurement.ts'
import { imagesIn, requireFit } from '../train/fit.ts'
import type { SessionHost } from './host.ts'
import type { LoadedSet } from './reading.ts'
import { whileHeld } from './run-images.ts'
import { checkpointsOf } from './stored-checkpoints.ts'
import type { StartedRun } from './training.ts'

const recordOf = ({ config, classes, ...data }: MeasuredRun): DataRecord => ({
  ...data,
  source: config.data.source,
  classes: classes.map((id) => ({ id, name: id })),
})

/** The images that a run was started with, or the same images read again. Throws Error where the worker has neither. */
export async function imagesOf(
  run: MeasuredRun,
  started: StartedRun | null,
  loaded: LoadedSet | null,
  draw: (set: ImageSet, recorded: DataRecord) => Promise<ImageSet>,
): Promise<ImageSet> {
  if (started?.id === run.id) return started.set
  const { data, seed } = run.config
  const sameSplit =
    loaded !== null &&
    (!loaded.set.report.splitBySeed || (loaded.seed === seed && loaded.validationFraction === data.validationFraction))
  const missing = new Error('The images of this run are no longer loaded: read them again in Data, then measure.')
  const recorded = recordOf(run)
  // The list must be the same; whether the contents are, is known once the images have been read.
  const isListed = loaded?.set.report.fingerprint === run.fingerprint || typeof run.contents === 'string'
  if (!loaded || !sameSplit || !isListed) throw missing
  const drawn = await draw(loaded.set, recorded)
  if (changesBetween(recorded, foundIn(drawn))) throw missing
  return selectImages(drawn, { ...data, classes: [...run.classes] }, seed)
}

const measureAdvice = (size: number) =>
  `save the run and measure it with the command line and --micro-batch ${size}, or on an adapter with higher limits`

/** Prepares the validation images and opens the run. Rejects with LimitError, DataError or AbortError. */
export async function openForMeasuring(
  run: MeasuredRun,
  gpu: Gpu,
  set: ImageSet,
  { prepareImages, runs, reading }: Pick<SessionHost, 'prepareImages' | 'runs' | 'reading'>,
  signal: AbortSignal,
): Promise<OpenedRun> {
  const { id, config, classes, kernels } = run
  requireFit({ gpu, config, classes: classes.length, images: imagesIn(set), kernels }, 'measure', measureAdvice)
  const images = await whileHeld(reading, signal, () =>
    prepareImages(set, config, { onProgress: () => {}, signal, heldOutOnly: true }),
  )
  if (changesBetween(recordOf(run), foundIn(images.set))) {
    images.close()
    throw new Error(
      'The images of this run have changed since it was trained: restore them, read them again in Data, then measure.',
    )
  }
  return openRun({
    config,
    classes,
    kernels,
    source: config.data.source,
    identity: identityOf(run),
    images,
    readCheckpoint: checkpointsOf(runs, id, config.name),
    gpu,
    signal,
  })
}
