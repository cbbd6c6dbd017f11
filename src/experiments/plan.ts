/** A plan of an experiment: arms × seeds, and the measurements at the checkpoints of each run. Parses and expands plans. */
import { ConfigError, fieldOf, parseConfig, type RunConfig, type RunConfigInput, setField } from '../config/config.ts'

export interface Arm {
  /** The name in folders and legends. */
  readonly name: string
  /** Dotted configuration keys with the values that replace those of the base. */
  readonly changes: Readonly<Record<string, unknown>>
}

/** Cumulative ablation at every checkpoint; ablated units are set to zero. */
export interface AblationMeasure {
  /** null for all modules. */
  readonly modules: readonly string[] | null
  readonly draws: number
  readonly points: number
}

/** Ablation of one unit at a time; the ablated unit is set to zero. */
export interface UnitsMeasure {
  /** null for all modules. */
  readonly modules: readonly string[] | null
  /** Number of units in each module, spread over the range of selectivity; null for all. */
  readonly sample: number | null
}

export interface Measure {
  /** Epochs whose checkpoints are measured; null for every checkpoint. */
  readonly epochs: readonly number[] | null
  readonly ablation: AblationMeasure | null
  readonly units: UnitsMeasure | null
  readonly linearity: boolean
}

/** The measurements that a plan can take at checkpoints. */
export const measureKinds = ['ablation', 'units', 'linearity'] as const
export type MeasureKind = (typeof measureKinds)[number]

export const nothingMeasured: Measure = { epochs: null, ablation: null, units: null, linearity: false }

/** `before` with exactly these kinds; kinds that it lacks get their defaults. */
export const withKinds = (before: Measure, kinds: readonly MeasureKind[]): Measure => ({
  ...before,
  ablation: kinds.includes('ablation') ? (before.ablation ?? defaultAblation) : null,
  units: kinds.includes('units') ? (before.units ?? defaultUnits) : null,
  linearity: kinds.includes('linearity'),
})

export const kindsOf = ({ ablation, units, linearity }: Measure): MeasureKind[] =>
  measureKinds.filter((kind) => ({ ablation: ablation !== null, units: units !== null, linearity })[kind])

/** Whether a plan measures anything at checkpoints. */
export const measuresAny = (measure: Measure): boolean => kindsOf(measure).length > 0

/** Whether the checkpoint of this epoch is measured. */
export const isMeasured = ({ epochs }: Measure, epoch: number): boolean => epochs?.includes(epoch) ?? true

export interface Plan {
  readonly name: string
  readonly base: RunConfigInput
  readonly arms: readonly Arm[]
  readonly seeds: readonly number[]
  readonly measure: Measure
}

/** A run of a plan. */
export interface PlannedRun {
  /** `ARM/seed-N`: the run's name, and its folder in the plan's folder. */
  readonly name: string
  readonly arm: string
  readonly seed: number
  readonly config: RunConfig
}

/** Thrown for an invalid plan; the message names the part, the value and what is allowed. */
export class PlanError extends Error {
  override name = 'PlanError'
}

export const defaultAblation: AblationMeasure = { modules: null, draws: 5, points: 11 }

export const defaultUnits: UnitsMeasure = { modules: null, sample: 64 }

const show = (value: unknown) => JSON.stringify(value) ?? String(value)

function refuse(what: string, value: unknown, allowed: string): never {
  throw new PlanError(`invalid ${what}: ${show(value)}; it must be ${allowed}`)
}

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Checks that a value is an object with no other keys than these. */
function object(what: string, value: unknown, keys: readonly string[]): Fields {
  if (!isObject(value)) refuse(what, value, `an object of ${keys.join(', ')}`)
  const unknown = Object.keys(value).find((key) => !keys.includes(key))
  if (unknown !== undefined) throw new PlanError(`unknown key of ${what}: ${unknown} (have ${keys.join(', ')})`)
  return value
}

function list(what: string, value: unknown): readonly unknown[] {
  return Array.isArray(value) && value.length > 0 ? value : refuse(what, value, 'a list that is not empty')
}

function distinct<T>(what: string, values: readonly T[]): readonly T[] {
  const twice = values.find((value, i) => values.indexOf(value) !== i)
  return twice === undefined ? values : refuse(what, twice, 'in the list only once')
}

/** The names that work as a folder on every system. */
const nameForm = /^[\p{L}\p{N}−+][\p{L}\p{N}−+_.-]{0,63}$/u

/** Splits `ARM/seed-N`, which becomes a folder. Throws PlanError for another name. */
export function parseRunName(value: unknown): { readonly arm: string; readonly seed: number } {
  const [, arm, seed] = (typeof value === 'string' && /^([^/]*)\/seed-(\d{1,10})$/.exec(value)) || []
  if (arm === undefined || !nameForm.test(arm)) refuse('run name', value, 'ARM/seed-N')
  return { arm, seed: Number(seed) }
}

function armOf(value: unknown): Arm {
  const { name, changes = {} } = object('arm', value, ['name', 'changes'])
  if (typeof name !== 'string' || !nameForm.test(name)) {
    refuse('arm name', name, 'up to 64 letters, digits, and - + _ . after the first')
  }
  if (!isObject(changes)) refuse(`changes of arm ${name}`, changes, 'an object of configuration keys and values')
  const own = Object.keys(changes).find((key) => key === 'seed' || key === 'name')
  if (own) throw new PlanError(`invalid changes of arm ${name}: ${own}; the plan's arms and seeds set it`)
  for (const key of Object.keys(changes)) inArm(name, () => fieldOf(key))
  return { name, changes }
}

function inArm<T>(name: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof ConfigError ? new PlanError(`arm ${name}: ${error.message}`) : error
  }
}

const seedOf = (value: unknown): number =>
  fieldOf('seed').accept(value) === undefined ? refuse('seed', value, fieldOf('seed').allowed) : (value as number)

function count(what: string, value: unknown, least: number): number {
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= least
  return fits ? value : refuse(what, value, `a whole number from ${least}`)
}

export const moduleNames = ['layer1', 'layer2', 'layer3', 'layer4']

const moduleOf = (value: unknown): string =>
  moduleNames.find((name) => name === value) ?? refuse('ablated module', value, `one of ${moduleNames.join(', ')}`)

const modulesOf = (modules: unknown): readonly string[] | null =>
  modules === null ? null : distinct('ablated module', list('ablated modules', modules).map(moduleOf))

function ablationOf(value: unknown): AblationMeasure {
  const given = object('measure.ablation', value, ['modules', 'draws', 'points'])
  const { modules = null, draws = defaultAblation.draws, points = defaultAblation.points } = given
  return {
    modules: modulesOf(modules),
    draws: count('measure.ablation.draws', draws, 1),
    points: count('measure.ablation.points', points, 2),
  }
}

function unitsOf(value: unknown): UnitsMeasure {
  const { modules = null, sample = defaultUnits.sample } = object('measure.units', value, ['modules', 'sample'])
  return {
    modules: modulesOf(modules),
    sample: sample === null ? null : count('measure.units.sample', sample, 1),
  }
}

/** Throws PlanError. */
export function parseMeasure(value: unknown): Measure {
  const given = object('measure', value, ['epochs', 'ablation', 'units', 'linearity'])
  const { epochs = null, ablation = null, units = null, linearity = false } = given
  if (typeof linearity !== 'boolean') refuse('measure.linearity', linearity, 'true or false')
  const epoch = (one: unknown) => count('measured epoch', one, 0)
  return {
    epochs: epochs === null ? null : distinct('measured epoch', list('measured epochs', epochs).map(epoch)),
    ablation: ablation === null ? null : ablationOf(ablation),
    units: units === null ? null : unitsOf(units),
    linearity,
  }
}

/** Epochs of the checkpoints that a run saves, ascending. */
export function savedEpochs({ train: { epochs }, checkpoint: { everyEpochs } }: RunConfig): number[] {
  const regular = Array.from({ length: Math.floor(epochs / everyEpochs) + 1 }, (_, i) => i * everyEpochs)
  return regular.at(-1) === epochs ? regular : [...regular, epochs]
}

/** Throws PlanError for a measured epoch at which a run saves no checkpoint. */
function requireSaved({ measure }: Plan, { name, config }: PlannedRun): void {
  const saved = savedEpochs(config)
  const missing = measure.epochs?.find((epoch) => !saved.includes(epoch))
  if (missing === undefined) return
  const every = config.checkpoint.everyEpochs
  throw new PlanError(
    `invalid measured epoch: ${missing}; ${name} saves a checkpoint every ${every === 1 ? 'epoch' : `${every} epochs`} up to ${config.train.epochs}`,
  )
}

/** Checks a parsed JSON value and the configuration of each arm. Throws PlanError or ConfigError. */
export function parsePlan(input: unknown): Plan {
  const fields = object('plan', input, ['name', 'base', 'arms', 'seeds', 'measure'])
  const { name, base = {}, arms, seeds, measure = {} } = fields
  if (typeof name !== 'string' || name.trim() === '') refuse('plan name', name, 'a text that is not empty')
  if (!isObject(base)) refuse('base of the plan', base, 'a configuration')
  const plan: Plan = {
    name,
    base: base as RunConfigInput,
    arms: list('arms', arms).map(armOf),
    seeds: distinct('seed', list('seeds', seeds).map(seedOf)),
    measure: parseMeasure(measure),
  }
  distinct(
    'arm name',
    plan.arms.map((arm) => arm.name.toLowerCase()),
  )
  for (const run of expandPlan(plan)) requireSaved(plan, run)
  return plan
}

/** The configuration of an arm with a seed. Throws PlanError or ConfigError. */
function configOf({ base, seeds }: Plan, { name, changes }: Arm, seed = seeds[0]): RunConfig {
  parseConfig(base)
  return inArm(name, () => {
    const changed = Object.entries(changes).reduce((config, [key, value]) => setField(config, key, value), base)
    return parseConfig({ ...changed, name: `${name}/seed-${seed}`, seed })
  })
}

/** Every run of a plan: all arms of a seed before the next seed, so that arms can be compared early. */
export const expandPlan = (plan: Plan): PlannedRun[] =>
  plan.seeds.flatMap((seed) =>
    plan.arms.map((arm) => {
      const config = configOf(plan, arm, seed)
      return { name: config.name, arm: arm.name, seed, config }
    }),
  )

/** The plan with only these arms. Throws PlanError for an unknown arm. */
export function chooseArms(plan: Plan, names: readonly string[]): Plan {
  const have = plan.arms.map(({ name }) => name)
  const unknown = names.find((name) => !have.includes(name))
  if (unknown !== undefined) throw new PlanError(`unknown arm: ${unknown} (have ${have.join(', ')})`)
  return { ...plan, arms: plan.arms.filter(({ name }) => names.includes(name)) }
}

/** The first arm that changes a key, so that setting the key in the base has no effect on it; undefined without one. */
export const armOfKey = ({ arms }: Plan, key: string): string | undefined =>
  arms.find(({ changes }) => Object.hasOwn(changes, key))?.name
