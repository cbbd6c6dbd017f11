/** A run folder opened for measuring: its configuration, checkpoints, images and networks. */
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseConfig, type RunConfig } from '../config/config.ts'
import type { ImageSet } from '../data/source.ts'
import type { Gpu } from '../gpu/read.ts'
import type { ImageBatches } from '../measure/behind.ts'
import type { Network } from '../measure/evaluate.ts'
import { lendNetwork } from '../measure/lend-network.ts'
import { type Architecture, architectureOf, sitesOf } from '../model/resnet.ts'
import type { Environment, SiteInfo } from '../protocol/environment.ts'
import { createRunReader, type RunReader } from '../train/reader.ts'
import { readInput, readJson, required, UsageError } from './arguments.ts'
import { openHostGpu, readPrepared } from './host.ts'
import { interruption, say } from './terminal.ts'

interface Values {
  readonly run?: string
  readonly checkpoint?: string
  readonly data?: string
  readonly 'all-checkpoints'?: boolean
  readonly epochs?: string
}

export interface RunFiles {
  readonly folder: string
  readonly config: RunConfig
  /** Ids of the classes that the network was trained on. */
  readonly classes: readonly string[]
  readonly kernels: Environment['kernels']
  readonly net: Architecture
  readonly sites: readonly SiteInfo[]
}

/** Reads what a run folder says about its network. Throws UsageError. */
export function readRun({ run }: Values): RunFiles {
  const folder = required(run, 'run')
  const config = parseConfig(readJson(join(folder, 'config.json'), 'configuration'))
  const environment = readJson(join(folder, 'environment.json'), 'environment') as Partial<Environment>
  const classes = environment.data?.classes?.map(({ id }) => id)
  if (!classes) throw new UsageError(`no classes in ${join(folder, 'environment.json')}`)
  const net = architectureOf({ ...config.model, classes: classes.length })
  return { folder, config, classes, kernels: environment.kernels, net, sites: sitesOf(net) }
}

export interface Checkpoint {
  readonly path: string
  readonly file: string
  /** NaN where the file's name does not tell. */
  readonly epoch: number
}

const checkpointAt = (path: string): Checkpoint => {
  const file = basename(path)
  return { path, file, epoch: Number(/^epoch-(\d+)\.safetensors$/.exec(file)?.[1] ?? Number.NaN) }
}

/** All checkpoints of a run, in order. Throws UsageError where there is none. */
export function checkpointsOf({ folder }: Pick<RunFiles, 'folder'>): Checkpoint[] {
  const inside = join(folder, 'checkpoints')
  const files = existsSync(inside) ? readdirSync(inside).sort() : []
  const found = files.map((file) => checkpointAt(join(inside, file))).filter(({ epoch }) => !Number.isNaN(epoch))
  if (found.length === 0) throw new UsageError(`no checkpoints in ${inside}; is ${folder} a run folder?`)
  return found
}

const ways = ['checkpoint', 'all-checkpoints', 'epochs'] as const

/** The checkpoint that is named, those of the epochs that are, all of the run, or its newest. Throws UsageError. */
export function chosenCheckpoints(files: RunFiles, values: Values): Checkpoint[] {
  const [way, other] = ways.filter((name) => values[name])
  if (other) throw new UsageError(`--${way} does not go with --${other}`)
  if (values.checkpoint) return [checkpointAt(values.checkpoint)]
  const found = checkpointsOf(files)
  if (way === 'all-checkpoints') return found
  return values.epochs ? atEpochs(found, values.epochs) : found.slice(-1)
}

const atEpochs = (found: readonly Checkpoint[], epochs: string): Checkpoint[] =>
  epochs.split(',').map((text) => {
    const at = found.find(({ epoch }) => text.trim() !== '' && epoch === Number(text))
    if (at) return at
    const have = found.map(({ epoch }) => epoch).join(', ')
    throw new UsageError(`no checkpoint of epoch ${text.trim() || '(nothing)'} (have ${have})`)
  })

export interface MeasuredRun extends RunFiles {
  readonly gpu: Gpu
  readonly set: ImageSet
  /** The source of the images, as it was named. */
  readonly source: string
  readonly reader: RunReader
  /** The held-out images. */
  readonly images: ImageBatches
  readonly signal: AbortSignal
}

/** What a host that measures several runs has already. */
export interface Opened {
  readonly signal: AbortSignal
  readonly gpu: Gpu
  readonly driver: string
}

/** Opens the GPU, unless `given` has one, and the images. */
export async function openRun(files: RunFiles, { data }: Pick<Values, 'data'>, given?: Opened): Promise<MeasuredRun> {
  const { config, classes } = files
  const signal = given?.signal ?? interruption()
  const { gpu } = given ?? (await openHostGpu())
  const source = data ?? config.data.source
  const chosen = { ...config, data: { ...config.data, classes: [...classes] } }
  const { set, warnings } = await readPrepared(source, chosen, signal, { heldOutOnly: true })
  for (const warning of warnings) say(`Warning: ${warning}`)
  const reader = createRunReader(set, config, signal)
  const images = { images: set.validation.labels.length, batches: reader.validation }
  return { ...files, gpu, set, source, reader, images, signal }
}

/** Lends the network of a checkpoint to `work`. */
export async function withNetwork<T>(
  run: MeasuredRun,
  { path }: Checkpoint,
  work: (network: Network) => Promise<T>,
): Promise<T> {
  const bytes = readInput(path, 'checkpoint')
  say(`Checkpoint: ${path}`)
  return lendNetwork(run, bytes, work)
}
