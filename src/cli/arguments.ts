/** The command line's edge: text → checked arguments. */
import { readFileSync } from 'node:fs'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { ConfigError, parseConfig, type RunConfig, type RunConfigInput, setFieldText } from '../config/config.ts'
import { PlanError } from '../experiments/plan.ts'

/** Arguments that cannot be used: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

const seeHelp = 'See: npm run lab -- --help'

/** `--alpha -2` as `--alpha=-2`: a negative number is a value and never a flag. */
const withNegatives = (args: readonly string[]): string[] =>
  args.reduce<string[]>((all, arg) => {
    const before = all.at(-1) ?? ''
    if (/^-[\d.]/.test(arg) && /^--[^=]+$/.test(before)) all[all.length - 1] = `${before}=${arg}`
    else all.push(arg)
    return all
  }, [])

/** Parses flags strictly, with any number of positional arguments; an unknown or valueless flag is a UsageError. */
export function folders<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T) {
  try {
    return parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>({
      args: withNegatives(args),
      options,
      allowPositionals: true,
      strict: true,
    })
  } catch (error) {
    const [message] = (error as Error).message.split('. ')
    throw new UsageError(`${message}. ${seeHelp}`)
  }
}

/** The same with so many positional arguments. Throws UsageError. */
export function flags<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T, positionals = 0) {
  const parsed = folders(args, options)
  if (parsed.positionals.length !== positionals) {
    const extra = parsed.positionals[positionals]
    throw new UsageError(
      extra === undefined ? `missing argument. ${seeHelp}` : `unexpected argument: ${extra}. ${seeHelp}`,
    )
  }
  return parsed
}

/** The flag's value; a UsageError where it is missing. */
export function required(value: string | undefined, name: string): string {
  if (!value) throw new UsageError(`missing --${name}. ${seeHelp}`)
  return value
}

/** A flag's whole number, or `otherwise` where it is missing. Throws UsageError when it is less than `least`. */
export function wholeNumber(value: string | undefined, name: string, least: number, otherwise: number): number {
  const number = value === undefined ? otherwise : Number(value)
  if (!Number.isInteger(number) || number < least) {
    throw new UsageError(`invalid --${name}: ${value} (a whole number from ${least})`)
  }
  return number
}

/** A flag's value or values, separated by commas, of those allowed; `otherwise` where it is missing. Throws UsageError. */
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

/** The work of the engine on what the user named: its RangeError is a UsageError. */
export function named<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error
  }
}

/** Reads a file the user named. */
export function readInput(path: string, what: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    throw new UsageError(`cannot read the ${what}: ${path}`)
  }
}

/** Parses JSON that the user named. */
export function readJson(path: string, what: string): unknown {
  const text = readInput(path, what).toString('utf8')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`the ${what} ${path} is no JSON: ${(error as Error).message}`)
  }
}

/** Applies `--set key=value` settings to a configuration in order, then checks it as a whole. */
export function configOf(input: unknown, settings: readonly string[]): RunConfig {
  const changed = settings.reduce<RunConfigInput>((config, setting) => {
    const at = setting.indexOf('=')
    if (at < 1) throw new UsageError(`invalid --set ${setting}: write --set key=value`)
    return setFieldText(config, setting.slice(0, at), setting.slice(at + 1))
  }, input as RunConfigInput)
  return parseConfig(changed)
}

/** True for errors in what the user asked for, as against failures of the work itself. */
export const isUsage = (error: unknown): boolean =>
  [UsageError, ConfigError, PlanError].some((kind) => error instanceof kind)
