/** Parses and checks the arguments of commands. */
import { readFileSync } from 'node:fs'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { ConfigError, parseConfig, type RunConfig, type RunConfigInput, setFieldText } from '../config/config.ts'
import { presets } from '../config/presets.ts'
import { PlanError } from '../experiments/plan.ts'
import { messageOf } from '../message.ts'
import { parseSafetensors, type TensorFile } from '../model/safetensors.ts'
import { SafetensorsError } from '../model/safetensors-header.ts'
import { RunError } from '../runs/format/run-error.ts'

/** Arguments that cannot be used. The command ends with exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** A flag or argument that is unknown, missing or too many: the command's help lists the right ones. */
export class FlagError extends UsageError {
  override name = 'FlagError'
}

type Options = NonNullable<ParseArgsConfig['options']>

/** Rewrites `--alpha -2` as `--alpha=-2`, because parseArgs takes a negative number for a flag. */
const withNegatives = (args: readonly string[]): string[] =>
  args.reduce<string[]>((all, arg) => {
    const before = all.at(-1) ?? ''
    if (/^-[\d.]/.test(arg) && /^--[^=]+$/.test(before)) all[all.length - 1] = `${before}=${arg}`
    else all.push(arg)
    return all
  }, [])

/** Parses flags and any number of paths. Throws FlagError for an unknown flag and for a flag without its value. */
export function parseArgsWithPaths<T extends Options>(args: readonly string[], options: T) {
  try {
    return parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>({
      args: withNegatives(args),
      options,
      allowPositionals: true,
      strict: true,
    })
  } catch (error) {
    const [message] = (error as Error).message.split('. ')
    throw new FlagError(message)
  }
}

/** Parses flags and one other argument for each of `names`. Throws FlagError. */
export function parseFlags<T extends Options>(args: readonly string[], options: T, names: readonly string[] = []) {
  const parsed = parseArgsWithPaths(args, options)
  const { length } = parsed.positionals
  if (length < names.length) throw new FlagError(`missing argument: ${names[length]}`)
  if (length > names.length) throw new FlagError(`unexpected argument: ${parsed.positionals[names.length]}`)
  return parsed
}

/** Returns the flag's value. Throws FlagError when it is missing. */
export function required(value: string | undefined, name: string): string {
  if (!value) throw new FlagError(`missing --${name}`)
  return value
}

/** Parses a flag as an integer of at least `least`; returns `otherwise` when it is missing. Throws UsageError. */
export function wholeNumber(value: string | undefined, name: string, least: number, otherwise: number): number {
  const number = value === undefined ? otherwise : Number(value)
  if (!Number.isInteger(number) || number < least) {
    throw new UsageError(`invalid --${name}: ${value} (a whole number from ${least})`)
  }
  return number
}

/** Parses `--gpu`; null when it is missing. Throws UsageError. */
export const gpuOf = ({ gpu }: { readonly gpu?: string }): number | null =>
  gpu === undefined ? null : wholeNumber(gpu, 'gpu', 0, 0)

/** Parses a comma-separated list of allowed values; returns `otherwise` when it is missing. Throws UsageError. */
export function choices<T extends string>(
  value: string | undefined,
  name: string,
  allowed: readonly T[],
  otherwise: readonly T[],
): T[] {
  if (value === undefined) return [...otherwise]
  return value.split(',').map((one) => {
    const found = allowed.find((a) => a === one.trim())
    if (found === undefined) throw new UsageError(`unknown ${name}: ${one} (have ${allowed.join(', ')})`)
    return found
  })
}

/** Runs `work` and turns the engine's RangeErrors about the user's input into UsageErrors. */
export function asUsageError<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error
  }
}

/** Reads a file that the user named. Throws UsageError. */
export function readInput(path: string, what: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new UsageError(`cannot read the ${what}: ${path} (${reasonOf(error)})`)
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'no permission to read it',
}

const reasonOf = (error: unknown): string => reasons[codeOf(error)] ?? messageOf(error)

/** Parses the bytes of a safetensors file. Throws UsageError, which names the file. */
export function parseTensors(bytes: Uint8Array, path: string, what: string): TensorFile {
  try {
    return parseSafetensors(bytes)
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error
    throw new UsageError(`cannot use the ${what} of ${path}: ${error.message}`)
  }
}

/** Reads a JSON file that the user named. Throws UsageError. */
export function readJson(path: string, what: string): unknown {
  // Some editors begin a file with a byte order mark.
  const text = readInput(path, what)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`the ${what} ${path} is not JSON: ${(error as Error).message}`)
  }
}

function presetNamed(id: string): RunConfig {
  const preset = presets.find((p) => p.id === id)
  if (!preset) throw new UsageError(`unknown preset: ${id} (have ${presets.map((p) => p.id).join(', ')})`)
  return preset.config
}

/** Returns the configuration that `--config` or `--preset` names, unchecked, or undefined without either. Throws UsageError. */
export function startingConfig({ config, preset }: { config?: string; preset?: string }): RunConfigInput | undefined {
  if (config !== undefined && preset !== undefined)
    throw new UsageError('--preset does not go with --config: use one of them')
  if (preset !== undefined) return presetNamed(preset)
  return config === undefined ? undefined : (readJson(config, 'configuration') as RunConfigInput)
}

/** The settings of `--set`, and of `--layout`, which is one of them. */
export const settingsOf = ({ set = [], layout }: { set?: readonly string[]; layout?: string }): readonly string[] =>
  layout === undefined ? set : [`data.layout=${layout}`, ...set]

/** Splits `key=value`. Throws UsageError. */
export function settingOf(setting: string): { key: string; value: string } {
  const at = setting.indexOf('=')
  if (at < 1) throw new UsageError(`invalid --set ${setting}: write --set key=value`)
  return { key: setting.slice(0, at), value: setting.slice(at + 1) }
}

/** Applies `--set key=value` settings in order, then checks the whole configuration. Throws UsageError or ConfigError. */
export function configOf(input: unknown, settings: readonly string[]): RunConfig {
  const changed = settings.reduce<RunConfigInput>((config, setting) => {
    const { key, value } = settingOf(setting)
    return setFieldText(config, key, value)
  }, input as RunConfigInput)
  return parseConfig(changed)
}

/** Whether an error is due to the user's request, not to a failure of the work. */
export const isUsage = (error: unknown): boolean =>
  [UsageError, ConfigError, PlanError, RunError].some((kind) => error instanceof kind)

/** Which images a run's command reads before it draws those of the run. Throws UsageError. */
export function checkOf({
  audit,
  unchecked,
}: {
  readonly audit?: boolean
  readonly unchecked?: boolean
}): 'all' | 'none' {
  if (audit && unchecked) throw new UsageError('--audit does not go with --unchecked')
  return audit ? 'all' : 'none'
}
