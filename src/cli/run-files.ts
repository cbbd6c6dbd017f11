/** Reads a run folder's description of its run: configuration, classes, kernels and checkpoints. */
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseConfig, type RunConfig } from '../config/config.ts'
import { architectureOf, sitesOf } from '../model/resnet.ts'
import type { Environment, SiteInfo } from '../protocol/environment.ts'
import type { CheckpointName } from '../protocol/measurement.ts'
import { readJson, required, UsageError } from './arguments.ts'

/** The values of `checkpointFlags`. */
export interface RunValues {
  readonly run?: string
  readonly checkpoint?: string
  readonly data?: string
  readonly 'micro-batch'?: string
  readonly 'all-checkpoints'?: boolean
  readonly epochs?: string
}

export interface RunFiles {
  readonly folder: string
  readonly config: RunConfig
  /** Ids of the classes that the network was trained on. */
  readonly classes: readonly string[]
  readonly kernels: Environment['kernels']
  readonly sites: readonly SiteInfo[]
}

/** Reads a run folder's configuration and environment. Throws UsageError for a folder without a run. */
export function readRun({ run }: RunValues): RunFiles {
  const folder = required(run, 'run')
  if (!existsSync(join(folder, 'config.json'))) {
    throw new UsageError(`${folder} is not a run folder: it has no config.json (--run takes the --out of train)`)
  }
  const config = parseConfig(readJson(join(folder, 'config.json'), 'configuration'))
  const environment = readJson(join(folder, 'environment.json'), 'environment') as Partial<Environment> | null
  const recorded = environment?.data?.classes
  if (!Array.isArray(recorded)) throw new UsageError(`no classes in ${join(folder, 'environment.json')}`)
  const classes = recorded.map(({ id }) => id)
  const net = architectureOf({ ...config.model, classes: classes.length })
  return { folder, config, classes, kernels: environment?.kernels, sites: sitesOf(net) }
}

/** A checkpoint and its path. The epoch is NaN where the name of the file does not contain it. */
export interface Checkpoint extends CheckpointName {
  readonly path: string
}

const checkpointAt = (path: string): Checkpoint => {
  const file = basename(path)
  return { path, file, epoch: Number(/^epoch-(\d+)\.safetensors$/.exec(file)?.[1] ?? Number.NaN) }
}

/** All checkpoints of a run, in the order of their epochs. Throws UsageError where there is none. */
export function checkpointsOf({ folder }: Pick<RunFiles, 'folder'>): Checkpoint[] {
  const inside = join(folder, 'checkpoints')
  const files = existsSync(inside) ? readdirSync(inside) : []
  const found = files
    .map((file) => checkpointAt(join(inside, file)))
    .filter(({ epoch }) => !Number.isNaN(epoch))
    .sort((a, b) => a.epoch - b.epoch)
  if (found.length === 0) throw new UsageError(`no checkpoints in ${inside}; is ${folder} a run folder?`)
  return found
}

const ways = ['checkpoint', 'all-checkpoints', 'epochs'] as const

/** `--checkpoint`, `--epochs`, `--all-checkpoints`, else the newest. Throws UsageError. */
export function chosenCheckpoints(files: RunFiles, values: RunValues): Checkpoint[] {
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
