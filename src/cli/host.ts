/** What every command that computes needs: a GPU, a data set. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { RunConfig } from '../config/config.ts'
import { sideOf } from '../config/side.ts'
import { keepWhileReading } from '../data/cache/while-reading.ts'
import { nodeCaches } from '../data/node/cache-folders.ts'
import { fileChecks } from '../data/node/check-store.ts'
import { openSource } from '../data/node/open.ts'
import { type Prepared, prepareImages } from '../data/prepare.ts'
import { selectImages } from '../data/select.ts'
import type { ImageSet } from '../data/source.ts'
import type { Gpu } from '../gpu/read.ts'
import { UsageError } from './arguments.ts'
import { progress, say } from './terminal.ts'

export const hostName = `Node ${process.versions.node}, ${process.platform} ${process.arch}`

/** Opens the GPU and says which one, and from where its driver came. */
export async function openHostGpu(): Promise<{ gpu: Gpu; driver: string }> {
  // Loading tfjs takes a second, which commands that compute nothing need not wait for.
  const [{ openGpu }, { openNodeGpu }] = await Promise.all([
    import('../gpu/backend.ts'),
    import('../gpu/node/driver.ts'),
  ])
  const { gpu: webgpu, driver } = await openNodeGpu()
  const gpu = await openGpu(webgpu)
  say(`Adapter: ${gpu.adapter.name} (${driver})`)
  return { gpu, driver }
}

export interface ReadOptions {
  /** Takes the images as they are listed, without reading each. */
  readonly unchecked?: boolean
  /** Shorter side, in pixels, at which images are kept while they are checked; left out: not at all. */
  readonly side?: number
}

/** Reads a data set, with progress. A path that does not exist is a UsageError. */
export async function readSource(
  source: string,
  split: { validationFraction: number; seed: number },
  signal: AbortSignal,
  { unchecked = false, side }: ReadOptions = {},
): Promise<ImageSet> {
  if (source !== 'cifar10' && !existsSync(source)) throw new UsageError(`no such data source: ${resolve(source)}`)
  const listing = progress({ label: 'Listing files', unit: 'files' })
  const reading = progress({ label: 'Reading images', unit: 'images' })
  const keeping = keepWhileReading(nodeCaches(), side)
  const set = await openSource(
    source,
    split,
    (done, total) => (total === 0 ? listing(done, total) : reading(done, total)),
    signal,
    { checks: fileChecks(), keep: keeping.keep, ...(unchecked ? { skip: AbortSignal.abort() } : {}) },
  ).finally(keeping.end)
  const { train, validation } = set.report.images
  say(
    `Data: ${set.classes.length} classes, ${train} training and ${validation} held-out images, ${set.report.unreadable.length} unreadable`,
  )
  return set
}

export interface PreparedOptions {
  readonly cache?: boolean
  readonly unchecked?: boolean
  readonly heldOutOnly?: boolean
}

/**
 * A set limited to a configuration's classes and images, which are decoded and kept for the run. With `cache` false nothing
 * is kept: images that do not fit into memory are decoded again in each epoch.
 */
export async function readPrepared(
  source: string,
  { data, seed }: Pick<RunConfig, 'data' | 'seed'>,
  signal: AbortSignal,
  { cache = true, unchecked = false, heldOutOnly = false }: PreparedOptions = {},
): Promise<Prepared> {
  const side = sideOf(data)
  const split = { validationFraction: data.validationFraction, seed }
  const set = await readSource(source, split, signal, { unchecked, ...(cache ? { side } : {}) })
  const decoding = progress({ label: 'Decoding images', unit: 'images' })
  return prepareImages(selectImages(set, data, seed), {
    side,
    folders: cache ? nodeCaches() : null,
    onProgress: (done, total) => decoding(done, total),
    signal,
    heldOutOnly,
  })
}
