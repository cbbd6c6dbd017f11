/** Reads a run folder's description of its run: configuration, classes, kernels and checkpoints. */
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { RunConfig } from '../config/config.ts'
import { architectureOf, sitesOf } from '../model/resnet.ts'
import type { DataRecord, Environment, SiteInfo } from '../protocol/environment.ts'
import type { CheckpointName } from '../protocol/measurement.ts'
import { environmentProblem } from '../runs/event-shape.ts'
import { configOf, readJson, required, settingsOf, UsageError } from './arguments.ts'

/** The values of `checkpointFlags`. */
export interface RunValues {
  readonly run?: string
  readonly checkpoint?: string
  readonly data?: string
  readonly layout?: string
  readonly 'micro-batch'?: string
  readonly 'all-checkpoints'?: boolean
  readonly epochs?: string
}

export interface RunDescription {
  readonly folder: string
  readonly config: RunConfig
  /** Ids of the classes that the network was trained on. */
  readonly classes: readonly string[]
  readonly kernels: Environment['kernels']
  /** The images that the run was trained on. */
  readonly data: DataRecord
  readonly sites: readonly SiteInfo[]
}

/** What an environment.json tells about a run's images and kernels. Throws UsageError. */
function readEnvironment(path: string): Pick<Environment, 'data' | 'kernels'> {
  const value = readJson(path, 'environment')
  const problem = environmentProblem(value)
  if (problem !== null)
    throw new UsageError(`no classes in ${path} (${problem}); restore it from the start event of events.jsonl`)
  const { data, kernels } = value as Pick<Environment, 'data' | 'kernels'>
  return { data: { ...data, source: data.source ?? '', fingerprint: data.fingerprint ?? '' }, kernels }
}

/** Reads a run folder's configuration and environment. Throws UsageError for a folder without a run. */
export function readRun({ run, layout }: RunValues): RunDescription {
  const folder = required(run, 'run')
  if (!existsSync(join(folder, 'config.json'))) {
    throw new UsageError(`${folder} is not a run folder: it has no config.json (--run takes the --out of train)`)
  }
  const config = configOf(readJson(join(folder, 'config.json'), 'configuration'), settingsOf({ layout }))
  const { data, kernels } = readEnvironment(join(folder, 'environment.json'))
  const classes = data.classes.map(({ id }) => id)
  const net = architectureOf({ ...config.model, classes: classes.length })
  return { folder, config, classes, kernels, data, sites: sitesOf(net) }
}

/** A checkpoint and its path. The epoch is NaN where the name of the file does not contain it. */
export interface Checkpoint extends CheckpointName {
  readonly path: string
}

const epochOf = (file: string) => Number(/^epoch-(\d+)\.safetensors$/.exec(file)?.[1] ?? Number.NaN)

const checkpointAt = (path: string): Checkpoint => ({ path, file: basename(path), epoch: epochOf(basename(path)) })

const realFolder = (path: string): string => {
  try {
    return realpathSync(dirname(path))
  } catch {
    return resolve(dirname(path))
  }
}

/**
 * The checkpoint of `--checkpoint`. One that is not of this run has its path as its name and no epoch, so that its rows in
 * the tables are not taken for those of the run's own checkpoint of the same name.
 */
function namedCheckpoint({ folder }: Pick<RunDescription, 'folder'>, path: string): Checkpoint {
  const isOwn = realFolder(path) === realFolder(join(folder, 'checkpoints', 'any'))
  return isOwn ? checkpointAt(path) : { path, file: resolve(path).replaceAll('\\', '/'), epoch: Number.NaN }
}

/** All checkpoints of a run, in the order of their epochs. Throws UsageError where there is none. */
export function checkpointsOf({ folder }: Pick<RunDescription, 'folder'>): Checkpoint[] {
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

/** Whether the user says which checkpoints to measure. */
export const namesCheckpoints = (values: RunValues): boolean => ways.some((name) => values[name])

/** `--checkpoint`, `--epochs`, `--all-checkpoints`, else the newest. Throws UsageError. */
export function chosenCheckpoints(files: RunDescription, values: RunValues): Checkpoint[] {
  const [way, other] = ways.filter((name) => values[name])
  if (other) throw new UsageError(`--${way} does not go with --${other}`)
  if (values.checkpoint) return [namedCheckpoint(files, values.checkpoint)]
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
