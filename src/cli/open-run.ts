/** Opens a run folder for measuring. */
import { dirname, resolve } from 'node:path'
import { type OpenedRun, openRun } from '../analysis/open-run.ts'
import type { Gpu } from '../gpu/read.ts'
import { readInput } from './arguments.ts'
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

/**
 * Opens a run with the images of `--data`, or its own, and with the GPU and signal of `shared`, or its own. Rejects with
 * UsageError, DataError, DeviceError or AbortError.
 */
export async function openForMeasuring(
  files: RunFiles,
  checkpoints: readonly Checkpoint[],
  { data }: Pick<RunValues, 'data'> = {},
  shared?: Shared,
): Promise<OpenedRun> {
  const { config, classes, kernels } = files
  const signal = shared?.signal ?? interruption()
  const { gpu } = shared ?? (await openHostGpu())
  const source = data ?? config.data.source
  const chosen = { ...config, data: { ...config.data, classes: [...classes] } }
  const { cache, unchecked, openImages, eager } = shared ?? {}
  const images = await readPrepared(source, chosen, signal, { heldOutOnly: true, cache, unchecked, openImages })
  for (const warning of images.warnings) say(`Warning: ${warning}`)
  const paths = new Map(checkpoints.map(({ file, path }) => [file, path]))
  const readCheckpoint = async (file: string) => {
    const path = paths.get(file) ?? file
    const bytes = readInput(path, 'checkpoint')
    say(`Checkpoint: ${path}`)
    return bytes
  }
  const own = resolve(files.folder, 'checkpoints')
  const isOwn = (file: string) => dirname(resolve(paths.get(file) ?? file)) === own
  return openRun({ isOwn, notice: say, config, classes, kernels, source, images, readCheckpoint, gpu, signal, eager })
}
