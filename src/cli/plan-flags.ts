/** The flags of `plan`: a ready-made plan or a file, and what is changed of it. */
import { existsSync } from 'node:fs'
import { fieldOf, type RunConfigInput, setFieldText } from '../config/config.ts'
import type { Window } from '../config/fields.ts'
import { armOfKey, chooseArms, measureKinds, type Plan, parsePlan, withKinds } from '../experiments/plan.ts'
import {
  type PlanParameters,
  paperParameters,
  type ReadyPlan,
  readyPlan,
  readyPlans,
} from '../experiments/ready-plans.ts'
import { choices, readJson, UsageError, wholeNumber } from './arguments.ts'
import { presetNamed } from './train.ts'

const string = { type: 'string' } as const
const boolean = { type: 'boolean' } as const
const strings = { type: 'string', multiple: true } as const

export const planFlags = {
  out: string,
  preset: string,
  config: string,
  set: strings,
  seeds: string,
  arms: string,
  epochs: string,
  alpha: string,
  late: string,
  strengths: string,
  windows: strings,
  measure: string,
  'measure-epochs': string,
  estimate: boolean,
  untuned: boolean,
  eager: boolean,
  unchecked: boolean,
  'no-cache': boolean,
  json: boolean,
} as const

export interface PlanValues {
  readonly preset?: string
  readonly config?: string
  readonly set?: readonly string[]
  readonly seeds?: string
  readonly arms?: string
  readonly epochs?: string
  readonly alpha?: string
  readonly late?: string
  readonly strengths?: string
  readonly windows?: readonly string[]
  readonly measure?: string
  readonly 'measure-epochs'?: string
}

const list = (text: string) => text.split(',').map((one) => one.trim())

const numbers = (text: string, name: string): number[] => list(text).map((one) => number(one, name))

function number(text: string, name: string): number {
  const value = Number(text)
  if (text === '' || !Number.isFinite(value)) throw new UsageError(`invalid --${name}: ${text} (a number)`)
  return value
}

/** Reads `[{"fromEpoch": 0, "toEpoch": 5, "alpha": -2}]` as the configuration does. Throws ConfigError. */
function windowsOf(text: string): readonly Window[] {
  const { regularizer } = setFieldText({}, 'regularizer.schedule', text)
  return regularizer?.schedule ?? []
}

function baseOf({ preset, config }: PlanValues): RunConfigInput {
  if (preset !== undefined && config !== undefined) throw new UsageError('--preset does not go with --config')
  if (preset !== undefined) return presetNamed(preset)
  return config === undefined ? {} : (readJson(config, 'configuration') as RunConfigInput)
}

function parametersOf(values: PlanValues): PlanParameters {
  const { seeds, alpha, late, strengths, windows = [] } = values
  return {
    base: baseOf(values),
    epochs: wholeNumber(values.epochs, 'epochs', 1, paperParameters.epochs),
    seeds: seeds === undefined ? paperParameters.seeds : numbers(seeds, 'seeds'),
    alpha: alpha === undefined ? paperParameters.alpha : number(alpha, 'alpha'),
    late: late === undefined ? paperParameters.late : number(late, 'late'),
    strengths: strengths === undefined ? paperParameters.strengths : numbers(strengths, 'strengths'),
    windows: windows.map(windowsOf),
  }
}

const parameterNames = ['alpha', 'late', 'strengths', 'windows'] as const

function fromReady(ready: ReadyPlan, values: PlanValues): Plan {
  const unread = parameterNames.find((name) => values[name] !== undefined && !ready.reads.includes(name))
  if (unread) throw new UsageError(`--${unread} does not go with ${ready.id}`)
  const parameters = parametersOf(values)
  if (ready.reads.includes('late') && !(parameters.late > 0 && parameters.late < parameters.epochs)) {
    throw new UsageError(`invalid --late: ${parameters.late} (above 0 and below the ${parameters.epochs} epochs)`)
  }
  return parsePlan(readyPlan(ready, parameters))
}

function fromFile(path: string, values: PlanValues): Plan {
  const other = (['preset', 'config', ...parameterNames] as const).find((name) => values[name] !== undefined)
  if (other) throw new UsageError(`--${other} does not go with a plan's file: change the file`)
  const plan = parsePlan(readJson(path, 'plan'))
  const { seeds, epochs } = values
  const base = epochs === undefined ? plan.base : setFieldText(plan.base, 'train.epochs', epochs)
  return { ...plan, base, seeds: seeds === undefined ? plan.seeds : numbers(seeds, 'seeds') }
}

function withSetting(plan: Plan, setting: string): Plan {
  const at = setting.indexOf('=')
  if (at < 1) throw new UsageError(`invalid --set ${setting}: write --set key=value`)
  const key = setting.slice(0, at)
  fieldOf(key)
  const own: Readonly<Record<string, string>> = { 'train.epochs': '--epochs N', seed: '--seeds LIST' }
  if (own[key]) throw new UsageError(`--set ${setting} does not go with a plan: use ${own[key]}`)
  const arm = armOfKey(plan, key)
  if (arm !== undefined)
    throw new UsageError(`--set ${setting} does nothing in arm ${arm}, which has a value of its own`)
  return { ...plan, base: setFieldText(plan.base, key, setting.slice(at + 1)) }
}

/** What is measured at checkpoints, and at which. */
function measured(plan: Plan, { measure, 'measure-epochs': epochs }: PlanValues): Plan {
  const kinds = measure === 'none' ? [] : measure && choices(measure, 'measure', measureKinds, measureKinds)
  const chosen = kinds ? withKinds(plan.measure, kinds) : plan.measure
  const at = epochs === undefined ? {} : { epochs: epochs === 'all' ? null : numbers(epochs, 'measure-epochs') }
  return { ...plan, measure: { ...chosen, ...at } }
}

/** The plan that is asked for, by the name of a ready-made one or a file's path. Throws UsageError, PlanError or ConfigError. */
export function planOf(name: string, values: PlanValues): Plan {
  const ready = readyPlans.find(({ id }) => id === name)
  if (!ready && !existsSync(name)) {
    throw new UsageError(`unknown plan: ${name} (a file, or one of ${readyPlans.map(({ id }) => id).join(', ')})`)
  }
  const plan = ready ? fromReady(ready, values) : fromFile(name, values)
  const whole = parsePlan(measured((values.set ?? []).reduce(withSetting, plan), values))
  return values.arms === undefined ? whole : chooseArms(whole, list(values.arms))
}
