/** Initial weights from a file: `--init`, `--init-prefix` and `--init-without`. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { RunConfig } from '../config/config.ts'
import { type FittedWeights, fitWeights, WeightsError } from '../model/fit.ts'
import { architectureOf } from '../model/resnet.ts'
import type { TensorFile } from '../model/safetensors.ts'
import type { ClassInfo, Environment, InitialRecord } from '../protocol/environment.ts'
import { parseTensors, readInput, readJson, UsageError } from './arguments.ts'

/** A file of weights, and what is used of it. */
export interface InitialFile {
  readonly path: string
  readonly file: TensorFile
  readonly sha256: string
  readonly prefix: string | undefined
  readonly without: readonly string[]
}

export interface InitialValues {
  readonly init?: string
  readonly 'init-prefix'?: string
  readonly 'init-without'?: string
}

const cures = {
  classifier: '; to begin with a fresh classifier, add --init-without fc',
  prefix: ', as in --init-prefix model.',
} as const

/** Fits the file to a model. Throws UsageError, which names the file and the cure. */
function fitted({ path, file, prefix }: InitialFile, config: RunConfig, classes: number, options: object) {
  try {
    return fitWeights(architectureOf({ ...config.model, classes }), file, { prefix, ...options })
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error
    const cure = error.choice ? cures[error.choice] : ''
    throw new UsageError(`cannot use the initial weights of ${path}: ${error.message}${cure}`)
  }
}

/**
 * Reads the file that `--init` names and fits it to the model, except for the classifier, whose classes are not known yet.
 * Undefined without `--init`. Throws UsageError.
 */
export function readInitial(values: InitialValues, config: RunConfig): InitialFile | undefined {
  const { init: path, 'init-prefix': prefix, 'init-without': list } = values
  if (path === undefined) {
    const other = (['init-prefix', 'init-without'] as const).find((name) => values[name] !== undefined)
    if (other) throw new UsageError(`--${other} does not go without --init`)
    return undefined
  }
  const bytes = readInput(path, 'initial weights')
  const without = (list ?? '').split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const initial = { path, file: parseTensors(bytes, path, 'initial weights'), sha256, prefix, without }
  fitted(initial, config, 2, { without: [...without, 'fc'] })
  return initial
}

export interface FittedInitial {
  readonly weights: FittedWeights
  readonly record: InitialRecord
}

/** Fits the file to a run's model and classes. Throws UsageError. */
export function fitInitial(initial: InitialFile, config: RunConfig, classes: readonly ClassInfo[]): FittedInitial {
  const weights = fitted(initial, config, classes.length, { without: initial.without, classes })
  return { weights, record: { file: basename(initial.path), sha256: initial.sha256, ...weights.record } }
}

/** The initial weights of the run whose folder has this configuration, if it is one. */
export function initialBeside(config: string | undefined): InitialRecord | undefined {
  const path = config === undefined ? '' : join(dirname(config), 'environment.json')
  if (config === undefined || basename(config) !== 'config.json' || !existsSync(path)) return undefined
  return (readJson(path, 'environment') as Partial<Environment> | null)?.initial
}

const described = ({ file, sha256 }: InitialRecord) => `${file} (SHA-256 ${sha256.slice(0, 12)}…)`

/**
 * Compares the initial weights of a repeated run with the recorded ones; returns warnings. Throws UsageError where a replay
 * lacks them.
 */
export function repeatWarnings(
  recorded: InitialRecord | undefined,
  initial: InitialFile | undefined,
  isReplay: boolean,
): string[] {
  if (!recorded) {
    return initial && isReplay
      ? [`the recorded run began with random weights, and this one begins with those of ${initial.path}`]
      : []
  }
  const began = `the recorded run began with the weights of ${described(recorded)}`
  if (initial) return initial.sha256 === recorded.sha256 ? [] : [`${began}, and ${initial.path} has other bytes`]
  if (isReplay) throw new UsageError(`${began}; add --init with this file to repeat it`)
  return [`${began}, and this one begins with random weights; add --init with this file to repeat it`]
}

/** A plan's runs begin with random weights; says so where the configuration is that of a run that did not. */
export function planWarnings(config: string | undefined): string[] {
  const recorded = initialBeside(config)
  return recorded
    ? [`the run of ${config} began with the weights of ${described(recorded)}, and a plan’s runs do not`]
    : []
}
