/** Opens a run folder for measuring. */
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type OpenedRun, openRun } from '../analysis/open-run.ts'
import { foundIn } from '../data/set/changes.ts'
import { identityOf } from '../data-identity.ts'
import type { Gpu } from '../gpu/read.ts'
import type { OwnData } from '../runs/tables.ts'
import { configOf, readInput, UsageError } from './arguments.ts'
import { fitting } from './fit.ts'
import { openHostGpu, type PreparedOptions, readPrepared } from './host.ts'
import { measuredData } from './run-data.ts'
import type { Checkpoint, RunDescription, RunValues } from './run-description.ts'
import { interruption, say } from './terminal.ts'

/** The resources that a host shares among the runs that it measures. */
export interface Shared extends Pick<PreparedOptions, 'cache' | 'check' | 'openImages'> {
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
  /** Warnings about the checkpoints that were opened so far, such as rows of the classifier in another order. */
  readonly checkpointWarnings: readonly string[]
}

const microBatch = ({ 'micro-batch': size }: Pick<RunValues, 'micro-batch'>): string[] =>
  size === undefined ? [] : [`train.microBatchSize=${size}`]

const fitAdvice = (size: number) => `add --micro-batch ${size}, which only changes the rounding of the last digits`

/**
 * Opens a run with the images of `--data`, or its own, and with the GPU and signal of `shared`, or its own. Warns where these
 * are other images than those that the run was trained on. Rejects with LimitError, UsageError, DataError, DeviceError or
 * AbortError.
 */
export async function openForMeasuring(
  files: RunDescription,
  checkpoints: readonly Checkpoint[],
  values: Pick<RunValues, 'data' | 'micro-batch'> = {},
  shared?: Shared,
): Promise<OpenedFolder> {
  const { classes, kernels } = files
  const { data } = values
  const config = configOf(files.config, microBatch(values))
  if (data === undefined && config.data.source !== 'cifar10' && !existsSync(config.data.source)) {
    throw new UsageError(`no such data source: ${config.data.source}; name the new place of the images with --data`)
  }
  const signal = shared?.signal ?? interruption()
  const { gpu } = shared ?? (await openHostGpu())
  const given = data ?? config.data.source
  const chosen = { ...config, data: { ...config.data, classes: [...classes] } }
  const { cache, check, openImages, eager } = shared ?? {}
  const requirement = fitting({
    config: chosen,
    kernels,
    open: async () => ({ gpu }),
    purpose: 'measure',
    advice: fitAdvice,
  })
  const options = { heldOutOnly: true, cache, check, openImages, requirement, recorded: files.data }
  const images = await readPrepared(given, chosen, signal, options)
  const { identity, warning, unknown } = measuredData(files.data, given, foundIn(images.set), data !== undefined)
  for (const text of [...images.warnings, warning, unknown]) if (text !== null) say(`Warning: ${text}`)
  const own = { source: config.data.source, identity: identityOf(files.data) }
  // The same images elsewhere have the run's own name in the tables.
  const source = identity === own.identity ? own.source : given
  const readCheckpoint = checkpointReader(checkpoints)
  const checkpointWarnings: string[] = []
  const notice = (text: string, isWarning: boolean) => {
    say(isWarning ? `Warning: ${text}` : text)
    if (isWarning) checkpointWarnings.push(text)
  }
  const reading = { images, readCheckpoint, isOwn: isOwnCheckpoint(files, checkpoints), notice }
  const run = openRun({ config, classes, kernels, source, identity, ...reading, gpu, signal, eager })
  return { ...run, own, warning, checkpointWarnings }
}

/** Whether a checkpoint lies in the run's own folder, so that its classifier has the recorded order of classes. */
function isOwnCheckpoint({ folder }: RunDescription, checkpoints: readonly Checkpoint[]): (file: string) => boolean {
  const own = resolve(folder, 'checkpoints')
  const paths = new Map(checkpoints.map(({ file, path }) => [file, path]))
  return (file) => dirname(resolve(paths.get(file) ?? file)) === own
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

/** A result for `--json`, with the warnings where there are some. */
export const withWarning = <T extends object>(
  { warning, checkpointWarnings }: Pick<OpenedFolder, 'warning' | 'checkpointWarnings'>,
  result: T,
) => ({
  ...result,
  ...(warning === null ? {} : { warning }),
  ...(checkpointWarnings.length === 0 ? {} : { checkpointWarnings }),
})
