/** The resources that computing commands share: the GPU and the dataset. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { RunConfig } from '../config/config.ts'
import { sideOf } from '../config/side.ts'
import { cacheWhileReading } from '../data/cache/while-reading.ts'
import { owning, type Prepared, prepareImages } from '../data/feed/prepare.ts'
import { nodeCaches } from '../data/node/cache-folders.ts'
import { fileChecks } from '../data/node/check-store.ts'
import { type OpenedSource, openSource } from '../data/node/open.ts'
import type { OpenOptions } from '../data/set/open-options.ts'
import { asRecorded, drawOf } from '../data/set/recorded.ts'
import { selectImages } from '../data/set/select.ts'
import type { SplitOptions } from '../data/set/split.ts'
import type { ImageSet } from '../data/source.ts'
import type { NodeGpu } from '../gpu/node/driver.ts'
import type { Gpu } from '../gpu/read.ts'
import type { DataRecord } from '../protocol/environment.ts'
import { UsageError } from './arguments.ts'
import { chosenDevice, deviceVariable } from './device-limits.ts'
import { progress, say } from './terminal.ts'

export const hostName = `Node ${process.versions.node}, ${process.platform} ${process.arch}`

export interface HostGpu {
  readonly gpu: Gpu
  readonly driver: string
}

/** Dawn with the adapter that has this number, or with all. Rejects with UsageError where no adapter has it. */
async function openWebgpu(index: number | null): Promise<NodeGpu> {
  const [{ openNodeGpu }, { AdapterError }] = await Promise.all([
    import('../gpu/node/driver.ts'),
    import('../gpu/node/adapters.ts'),
  ])
  return openNodeGpu(index).catch((error: unknown) => {
    throw error instanceof AdapterError ? new UsageError(`invalid --gpu: ${error.message}`) : error
  })
}

/** The name of the adapter that `openHostGpu` opens. Rejects like it. */
export async function hostAdapter(index: number | null): Promise<string> {
  const [{ adapterNameOf }, { gpu }] = await Promise.all([import('../gpu/device.ts'), openWebgpu(index)])
  return adapterNameOf(gpu)
}

async function openAdapter(index: number | null): Promise<HostGpu> {
  // Loading tfjs takes a second; commands that do not compute do not load it.
  const [{ openGpu }, { gpu: webgpu, driver }] = await Promise.all([import('../gpu/backend.ts'), openWebgpu(index)])
  const options = chosenDevice()
  const gpu = await openGpu(webgpu, options)
  say(`Adapter: ${gpu.adapter.name} (${driver})${options ? `, with the limits of ${deviceVariable}` : ''}`)
  return { gpu, driver }
}

let opened: { readonly index: number | null; readonly host: HostGpu } | undefined

/**
 * The GPU of this process: the one with a number, or the fastest. Opens it at the first call, and again after a failure, and prints
 * the adapter and the driver. Rejects with UsageError or DeviceError.
 */
export async function openHostGpu(index: number | null = null): Promise<HostGpu> {
  if (!opened || opened.index !== index || opened.host.gpu.failure()) {
    opened = { index, host: await openAdapter(index) }
  }
  return opened.host
}

/** Refuses a dataset by rejecting: before its images are read, where `list` takes time, and once they are read. */
export type Requirement = (list: () => Promise<ImageSet>, when: 'listing' | 'read') => Promise<void>

export interface ImageOptions {
  readonly signal: AbortSignal
  /** False decodes images that do not fit into memory again in each epoch; true caches them on disk. */
  readonly cache?: boolean
  /**
   * Which images are read before a run draws its own: `all` of the dataset; those that are `known` from earlier visits; or
   * `none`, which is the default.
   */
  readonly check?: OpenOptions['check']
  /** The record of a run that goes on, or is measured: its images are drawn as they were then. */
  readonly recorded?: DataRecord
  /** Shorter side of the images that are cached while they are checked, in pixels; undefined caches none then. */
  readonly side?: number
  /** Must accept the dataset before its images are read. */
  readonly requirement?: Requirement
}

/** A dataset whose files are open. Disposing of it closes them and removes what was unpacked from archives. */
export interface OpenedImages extends AsyncDisposable {
  /** All images, with their split. */
  readonly set: ImageSet
  /**
   * Limits the dataset to a configuration's classes and images, decodes those that are not cached yet, and caches them.
   * Dispose of the result before the dataset. Rejects with DataError, or AbortError.
   */
  readonly prepare: (config: Pick<RunConfig, 'data' | 'seed'>, options: PrepareOptions) => Promise<Prepared>
}

export interface PrepareOptions {
  readonly signal: AbortSignal
  /** Skips the training images. */
  readonly heldOutOnly?: boolean
}

/** Opens a dataset: directly, or from a plan's open sources. */
export type OpenImages = (source: string, split: SplitOptions, options: ImageOptions) => Promise<OpenedImages>

/** The split settings of a configuration. */
export const splitOf = ({ data, seed }: Pick<RunConfig, 'data' | 'seed'>): SplitOptions => ({
  validationFraction: data.validationFraction,
  seed,
  layout: data.layout,
  maxMegapixels: data.maxMegapixels,
})

async function openListed(source: string, signal: AbortSignal): Promise<OpenedSource> {
  if (source !== 'cifar10' && !existsSync(source)) throw new UsageError(`no such data source: ${resolve(source)}`)
  const listing = progress({ label: 'Listing files', unit: 'files' })
  return openSource(source, signal, (files) => listing(files, 0))
}

async function readSet(
  opened: OpenedSource,
  split: SplitOptions,
  { signal, cache = true, check = 'none', side, requirement }: ImageOptions,
): Promise<ImageSet> {
  let listed: Promise<ImageSet> | undefined
  const list = () => {
    listed ??= opened.read(split, () => {}, signal, { checks: fileChecks(), check: 'none' })
    return listed
  }
  await requirement?.(list, 'listing')
  const onProgress = progress({ label: 'Reading images', unit: 'images' })
  const reading = cacheWhileReading(nodeCaches(), cache ? side : undefined)
  const options = { checks: fileChecks(), cache: reading.open, check }
  const set = await (check === 'none' ? list() : opened.read(split, onProgress, signal, options).finally(reading.end))
  const { images, unreadable, checked, files } = set.report
  const read = checked < files ? '' : `, ${unreadable.length} unreadable`
  say(
    `Dataset: ${set.classes.length} classes, ${images.train} training and ${images.validation} validation images${read}`,
  )
  if (set.report.layout?.ambiguous) say(`Layout: ${set.report.layout.text} (inspect shows the other ways to read it)`)
  return set
}

/** The set from which a run draws, or drew: those of earlier versions drew among the images that could be read. */
async function drawnFor(set: ImageSet, { recorded, signal, side, cache = true }: ImageOptions): Promise<ImageSet> {
  if (drawOf(recorded) !== 'readable' || !set.audit || set.report.checked === set.report.files) {
    return asRecorded(set, recorded)
  }
  const onProgress = progress({ label: 'Reading images', unit: 'images' })
  const reading = cacheWhileReading(nodeCaches(), cache ? side : undefined)
  const audited = await set.audit({ cache: reading.open, onProgress, signal }).finally(reading.end)
  return asRecorded(audited, recorded)
}

function imagesOf(set: ImageSet, { cache = true }: ImageOptions, close: () => PromiseLike<void>): OpenedImages {
  return {
    set,
    prepare: ({ data, seed }, options) => {
      const decoding = progress({ label: 'Reading images', unit: 'images' })
      return prepareImages(selectImages(set, data, seed), {
        side: sideOf(data),
        folders: cache ? nodeCaches() : null,
        onProgress: (done, total) => decoding(done, total),
        ...options,
      })
    },
    [Symbol.asyncDispose]: close,
  }
}

/** Opens a dataset and prints its progress. Throws UsageError for a missing path, DataError, or AbortError. */
export const openImages: OpenImages = async (source, split, options) => {
  const opened = await openListed(source, options.signal)
  const close = () => opened[Symbol.asyncDispose]()
  try {
    const set = await readSet(opened, split, options)
    return imagesOf(await drawnFor(set, options), options, close)
  } catch (error) {
    await close()
    throw error
  }
}

/** Datasets that several runs share; disposing of them closes all. */
export interface SharedImages extends AsyncDisposable {
  /** Opens each source once. Disposing of the result leaves the source open. */
  readonly open: OpenImages
}

interface SharedSource {
  readonly opened: OpenedSource
  readonly sets: { readonly split: SplitOptions; readonly check: Check; readonly set: ImageSet }[]
}

type Check = NonNullable<ImageOptions['check']>

/** From the one that reads no image to the one that reads all. */
const checks: readonly Check[] = ['none', 'known', 'all']

/** Shares open datasets between runs that follow one another, such as those of a plan. */
export function shareImages(): SharedImages {
  const sources = new Map<string, SharedSource>()

  async function sharedSource(source: string, signal: AbortSignal): Promise<SharedSource> {
    const key = source === 'cifar10' ? source : resolve(source)
    const shared = sources.get(key) ?? { opened: await openListed(source, signal), sets: [] }
    sources.set(key, shared)
    return shared
  }

  return {
    open: async (source, split, options) => {
      const { opened, sets } = await sharedSource(source, options.signal)
      const { check = 'none' } = options
      const known = sets.find((one) => isSameSplit(one, split) && checks.indexOf(one.check) >= checks.indexOf(check))
      const set = known?.set ?? (await readSet(opened, split, options))
      if (!known) sets.push({ split, check, set })
      return imagesOf(await drawnFor(set, options), options, async () => {})
    },
    [Symbol.asyncDispose]: async () => {
      for (const { opened } of sources.values()) await opened[Symbol.asyncDispose]()
      sources.clear()
    },
  }
}

const isSameSplit = (
  { split, set }: SharedSource['sets'][number],
  { seed, validationFraction, layout, maxMegapixels }: SplitOptions,
) =>
  split.layout === layout &&
  split.maxMegapixels === maxMegapixels &&
  (!set.report.splitBySeed || (split.seed === seed && split.validationFraction === validationFraction))

export interface PreparedOptions extends Omit<ImageOptions, 'signal' | 'side'>, Omit<PrepareOptions, 'signal'> {
  /** Opens the dataset; by default for these images alone. */
  readonly openImages?: OpenImages
}

/** Opens a dataset and prepares a configuration's images, which own the dataset. Rejects like `openImages` and `prepare`. */
export async function readPrepared(
  source: string,
  config: Pick<RunConfig, 'data' | 'seed'>,
  signal: AbortSignal,
  { heldOutOnly, openImages: open = openImages, ...options }: PreparedOptions = {},
): Promise<Prepared> {
  const images = await open(source, splitOf(config), { signal, side: sideOf(config.data), ...options })
  try {
    await options.requirement?.(async () => images.set, 'read')
    return owning(await images.prepare(config, { signal, heldOutOnly }), images)
  } catch (error) {
    await images[Symbol.asyncDispose]()
    throw error
  }
}
