/** Makes the plan of `plan NAME|FILE`: a ready-made plan or a file, with the changes of the flags. */
import { existsSync } from 'node:fs'
import { fieldOf, type RunConfigInput, setFieldText } from '../config/config.ts'
import type { Window } from '../config/fields.ts'
import { type Preset, presetNamed } from '../config/presets.ts'
import type { PlanParameters } from '../experiments/paper-parameters.ts'
import {
  armOfKey,
  chooseArms,
  type Measure,
  measureKinds,
  type Plan,
  parsePlan,
  withKinds,
} from '../experiments/plan.ts'
import { parametersOn, type ReadyPlan, readyPlan, readyPlans } from '../experiments/ready-plans.ts'
import { choices, readJson, settingOf, settingsOf, startingConfig, UsageError, wholeNumber } from './arguments.ts'
import type { planFlags, ValuesOf } from './flags.ts'

export type PlanValues = ValuesOf<typeof planFlags>

/** The flags of how a run is computed. The tasks of a job array get them; workers have their own. */
export const computing = ['untuned', 'eager', 'audit', 'unchecked', 'no-cache', 'accept-changed-data'] as const

const list = (text: string) => text.split(',').map((one) => one.trim())

const numbers = (text: string, name: string): number[] => list(text).map((one) => number(one, name))

function number(text: string, name: string): number {
  const value = Number(text)
  if (text === '' || !Number.isFinite(value)) throw new UsageError(`invalid --${name}: ${text} (a number)`)
  return value
}

/** Parses `[{"fromEpoch": 0, "toEpoch": 5, "alpha": -2}]`. Throws ConfigError. */
function windowsOf(text: string): readonly Window[] {
  const { regularizer } = setFieldText({}, 'regularizer.schedule', text)
  return regularizer?.schedule ?? []
}

/** The preset of a plan: its own, or that of `--preset`. Throws UsageError for flags that replace a plan's own preset. */
export function presetOfPlan(name: string, values: Pick<PlanValues, 'preset' | 'config'>): Preset | undefined {
  const own = readyPlans.find(({ id }) => id === name)?.preset
  const other = own && (['preset', 'config'] as const).find((flag) => values[flag] !== undefined)
  if (other) throw new UsageError(`--${other} does not go with ${name}, which has the preset ${own}: use early-or-late`)
  const id = own ?? values.preset
  return id === undefined ? undefined : presetNamed(id)
}

function parametersOf(
  values: PlanValues,
  preset: Preset | undefined,
  given: RunConfigInput | undefined,
): PlanParameters {
  const { seeds, alpha, late, strengths, windows = [] } = values
  const usual = parametersOn(preset)
  return {
    base: preset?.config ?? given ?? {},
    epochs: wholeNumber(values.epochs, 'epochs', 1, usual.epochs),
    seeds: seeds === undefined ? usual.seeds : numbers(seeds, 'seeds'),
    alpha: alpha === undefined ? usual.alpha : number(alpha, 'alpha'),
    late: late === undefined ? usual.late : number(late, 'late'),
    strengths: strengths === undefined ? usual.strengths : numbers(strengths, 'strengths'),
    windows: windows.map(windowsOf),
  }
}

const parameterNames = ['alpha', 'late', 'strengths', 'windows'] as const

function fromReady(ready: ReadyPlan, values: PlanValues): Plan {
  const unread = parameterNames.find((name) => values[name] !== undefined && !ready.reads.includes(name))
  if (unread) throw new UsageError(`--${unread} does not go with ${ready.id}`)
  const given = startingConfig(values)
  const preset = presetOfPlan(ready.id, values)
  const parameters = parametersOf(values, preset, given)
  if (ready.reads.includes('late') && !(parameters.late > 0 && parameters.late < parameters.epochs)) {
    throw new UsageError(`invalid --late: ${parameters.late} (above 0 and below the ${parameters.epochs} epochs)`)
  }
  return parsePlan(readyPlan(ready, parameters))
}

function fromFile(path: string, values: PlanValues): Plan {
  const other = (['preset', 'config', ...parameterNames] as const).find((name) => values[name] !== undefined)
  if (other) throw new UsageError(`--${other} does not go with a plan file: change the file`)
  const plan = parsePlan(readJson(path, 'plan'))
  const { seeds, epochs } = values
  const base = epochs === undefined ? plan.base : setFieldText(plan.base, 'train.epochs', epochs)
  return { ...plan, base, seeds: seeds === undefined ? plan.seeds : numbers(seeds, 'seeds') }
}

function withSetting(plan: Plan, setting: string): Plan {
  const { key, value } = settingOf(setting)
  fieldOf(key)
  const flags: Readonly<Record<string, string>> = { 'train.epochs': '--epochs N', seed: '--seeds LIST' }
  if (flags[key]) throw new UsageError(`--set ${setting} does not go with a plan: use ${flags[key]}`)
  const arm = armOfKey(plan, key)
  if (arm !== undefined) throw new UsageError(`--set ${setting} does nothing in arm ${arm}, which sets ${key} itself`)
  return { ...plan, base: setFieldText(plan.base, key, value) }
}

/** The flags that change a measurement, and which one. */
const ofKind = { draws: 'ablation', points: 'ablation', sample: 'units' } as const

/** Applies `--draws`, `--points` and `--sample`. Throws UsageError where the plan does not take that measurement. */
function withEffort(measure: Measure, values: PlanValues): Measure {
  for (const [flag, kind] of Object.entries(ofKind) as [keyof typeof ofKind, 'ablation' | 'units'][]) {
    if (values[flag] !== undefined && measure[kind] === null)
      throw new UsageError(`--${flag} does nothing without --measure ${kind}`)
  }
  const { ablation, units } = measure
  return {
    ...measure,
    ablation: ablation && {
      ...ablation,
      draws: wholeNumber(values.draws, 'draws', 1, ablation.draws),
      points: wholeNumber(values.points, 'points', 2, ablation.points),
    },
    units: units && {
      ...units,
      sample: values.sample === undefined ? units.sample : wholeNumber(values.sample, 'sample', 1, 1),
    },
  }
}

/** Applies `--measure`, `--measure-epochs` and the flags of single measurements. */
function withMeasures(plan: Plan, values: PlanValues): Plan {
  const { measure, 'measure-epochs': epochs } = values
  const kinds = measure === 'none' ? [] : measure && choices(measure, 'measure', measureKinds, measureKinds)
  const chosen = withEffort(kinds ? withKinds(plan.measure, kinds) : plan.measure, values)
  const at = epochs === undefined ? {} : { epochs: epochs === 'all' ? null : numbers(epochs, 'measure-epochs') }
  return { ...plan, measure: { ...chosen, ...at } }
}

/** Returns the plan with this name, or of the file at this path, with its flags applied. Throws UsageError, PlanError or ConfigError. */
export function planOf(name: string, values: PlanValues): Plan {
  const ready = readyPlans.find(({ id }) => id === name)
  if (!ready && !existsSync(name)) {
    throw new UsageError(`unknown plan: ${name} (a file, or one of ${readyPlans.map(({ id }) => id).join(', ')})`)
  }
  const plan = ready ? fromReady(ready, values) : fromFile(name, values)
  const whole = parsePlan(withMeasures(settingsOf(values).reduce(withSetting, plan), values))
  return values.arms === undefined ? whole : chooseArms(whole, list(values.arms))
}
