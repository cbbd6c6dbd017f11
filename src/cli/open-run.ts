/** Opens a run folder for measuring. */
import { type OpenedRun, openRun } from '../analysis/open-run.ts'
import type { Gpu } from '../gpu/read.ts'
import { configOf, readInput } from './arguments.ts'
import { fitting } from './fit.ts'
import { openHostGpu, type PreparedOptions, readPrepared } from './host.ts'
import type { Checkpoint, RunFiles, RunValues } from './run-files.ts'
import { interruption, say } from './terminal.ts'

/** The resources that a host shares among the runs that it measures. */
export interface Shared extends Pick<PreparedOptions, 'cache' | 'unchecked' | 'openImages'> {
  readonly signal: AbortSignal
  readonly gpu: Gpu
  /** Computes operation by operation. */
  readonly eager?: boolean
}

const microBatch = ({ 'micro-batch': size }: Pick<RunValues, 'micro-batch'>): string[] =>
  size === undefined ? [] : [`train.microBatchSize=${size}`]

/**
 * Opens a run with the images of `--data`, or its own, and with the GPU and signal of `shared`, or its own. Rejects with LimitError,
 * UsageError, DataError, DeviceError or AbortError.
 */
export async function openForMeasuring(
  files: RunFiles,
  checkpoints: readonly Checkpoint[],
  values: Pick<RunValues, 'data' | 'micro-batch'> = {},
  shared?: Shared,
): Promise<OpenedRun> {
  const { classes, kernels } = files
  const { data } = values
  const config = configOf(files.config, microBatch(values))
  const signal = shared?.signal ?? interruption()
  const { gpu } = shared ?? (await openHostGpu())
  const source = data ?? config.data.source
  const chosen = { ...config, data: { ...config.data, classes: [...classes] } }
  const { cache, unchecked, openImages, eager } = shared ?? {}
  const advice = (size: number) => `add --micro-batch ${size}, which only changes the rounding of the last digits`
  const open = async () => ({ gpu })
  const requirement = fitting({ config: chosen, kernels, open, purpose: 'measure', advice })
  const options = { heldOutOnly: true, cache, unchecked, openImages, requirement }
  const images = await readPrepared(source, chosen, signal, options)
  for (const warning of images.warnings) say(`Warning: ${warning}`)
  const paths = new Map(checkpoints.map(({ file, path }) => [file, path]))
  const readCheckpoint = async (file: string) => {
    const path = paths.get(file) ?? file
    const bytes = readInput(path, 'checkpoint')
    say(`Checkpoint: ${path}`)
    return bytes
  }
  return openRun({ config, classes, kernels, source, images, readCheckpoint, gpu, signal, eager })
}
