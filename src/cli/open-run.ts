/** Opens a run folder for measuring. */
import { existsSync } from 'node:fs'
import { type OpenedRun, openRun } from '../analysis/open-run.ts'
import { identityOf } from '../data-identity.ts'
import type { Gpu } from '../gpu/read.ts'
import type { OwnData } from '../runs/tables.ts'
import { readInput, UsageError } from './arguments.ts'
import { openHostGpu, type PreparedOptions, readPrepared } from './host.ts'
import { measuredData } from './run-data.ts'
import type { Checkpoint, RunFiles, RunValues } from './run-files.ts'
import { interruption, say } from './terminal.ts'

/** The resources that a host shares among the runs that it measures. */
export interface Shared extends Pick<PreparedOptions, 'cache' | 'unchecked' | 'openImages'> {
  readonly signal: AbortSignal
  readonly gpu: Gpu
  /** Computes operation by operation. */
  readonly eager?: boolean
}

export interface OpenedFolder extends OpenedRun {
  /** The images that the run was trained on. */
  readonly own: OwnData
  /** Where the images are others; else null. */
  readonly warning: string | null
}

/**
 * Opens a run with the images of `--data`, or its own, and with the GPU and signal of `shared`, or its own. Warns where these
 * are other images than those that the run was trained on. Rejects with UsageError, DataError, DeviceError or AbortError.
 */
export async function openForMeasuring(
  files: RunFiles,
  checkpoints: readonly Checkpoint[],
  { data }: Pick<RunValues, 'data'> = {},
  shared?: Shared,
): Promise<OpenedFolder> {
  const { config, classes, kernels } = files
  if (data === undefined && config.data.source !== 'cifar10' && !existsSync(config.data.source)) {
    throw new UsageError(`no such data source: ${config.data.source}; name the new place of the images with --data`)
  }
  const signal = shared?.signal ?? interruption()
  const { gpu } = shared ?? (await openHostGpu())
  const given = data ?? config.data.source
  const chosen = { ...config, data: { ...config.data, classes: [...classes] } }
  const { cache, unchecked, openImages, eager } = shared ?? {}
  const images = await readPrepared(given, chosen, signal, { heldOutOnly: true, cache, unchecked, openImages })
  const { identity, warning, unknown } = measuredData(files.data, given, images.set.report, data !== undefined)
  for (const text of [...images.warnings, warning, unknown]) if (text !== null) say(`Warning: ${text}`)
  const own = { source: config.data.source, identity: identityOf(files.data) }
  // The same images elsewhere have the run's own name in the tables.
  const source = identity === own.identity ? own.source : given
  const readCheckpoint = checkpointReader(checkpoints)
  const run = openRun({ config, classes, kernels, source, identity, images, readCheckpoint, gpu, signal, eager })
  return { ...run, own, warning }
}

function checkpointReader(checkpoints: readonly Checkpoint[]): (file: string) => Promise<Uint8Array> {
  const paths = new Map(checkpoints.map(({ file, path }) => [file, path]))
  return async (file) => {
    const path = paths.get(file) ?? file
    const bytes = readInput(path, 'checkpoint')
    say(`Checkpoint: ${path}`)
    return bytes
  }
}

/** A result for `--json`, with the warning where there is one. */
export const withWarning = <T extends object>({ warning }: Pick<OpenedFolder, 'warning'>, result: T) =>
  warning === null ? result : { ...result, warning }
