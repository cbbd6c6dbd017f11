/** The plan that the user writes in the form. */
import { ConfigError, fieldOf, type RunConfig } from '../../config/config.ts'
import type { Window } from '../../config/fields.ts'
import type { Preset } from '../../config/presets.ts'
import { type PlanParameters, paperParameters } from '../../experiments/paper-parameters.ts'
import {
  type Arm,
  kindsOf,
  type Measure,
  measuresAny,
  type Plan,
  PlanError,
  parsePlan,
  withKinds,
} from '../../experiments/plan.ts'
import { parametersOn, type ReadyPlan, readyPlan, readyPlans } from '../../experiments/ready-plans.ts'
import { alphaOf, type DraftArm, type PlanDraft, type Schedule } from './first-draft.ts'

/** The typed parameters of a plan on a preset. */
export function draftOn(preset: Preset): Pick<PlanDraft, 'seeds' | 'epochs' | 'alpha' | 'late'> {
  const { seeds, epochs, alpha, late } = parametersOn(preset)
  return { seeds: seeds.join(', '), epochs: String(epochs), alpha: alphaOf(alpha), late: String(late) }
}

export const readyOf = ({ kind }: PlanDraft): ReadyPlan | undefined => readyPlans.find(({ id }) => id === kind)

const windowKey = ({ fromEpoch, toEpoch, alpha }: Window) => `${fromEpoch} ${toEpoch} ${alpha}`

const scheduleKey = (schedule: Schedule) => schedule.map(windowKey).sort().join()

/** Why a schedule cannot be added to the drawn ones; null when it can. */
export function drawnBlocker(windows: readonly Schedule[], schedule: Schedule): string | null {
  if (schedule.length === 0)
    return 'The schedule has no window yet. Add one at “Strength α by epoch” in the step Train.'
  const at = windows.findIndex((own) => scheduleKey(own) === scheduleKey(schedule))
  return at < 0 ? null : `This schedule exists already, as drawn-${at + 1}.`
}

function number(text: string, what: string): number {
  const value = Number(text.replaceAll('−', '-'))
  if (text.trim() === '' || !Number.isFinite(value))
    throw new PlanError(`invalid ${what}: ${text || 'nothing'}; write a number`)
  return value
}

const numbers = (text: string, what: string) => text.split(',').map((one) => number(one.trim(), what))

function changeOf(line: string, arm: string): [string, unknown] {
  const at = line.indexOf('=')
  if (at < 1) throw new PlanError(`arm ${arm}: ${line}; write key=value, as regularizer.schedule=[]`)
  const [key, text] = [line.slice(0, at).trim(), line.slice(at + 1).trim()]
  const field = fieldOf(key)
  const value = field.accept(field.parse(text))
  if (value === undefined) throw new PlanError(`arm ${arm}: invalid ${key}: ${text}; it must be ${field.allowed}`)
  return [key, value]
}

const armOf = ({ name, changes }: DraftArm): Arm => {
  const lines = changes.split('\n').filter((line) => line.trim() !== '')
  return { name, changes: Object.fromEntries(lines.map((line) => changeOf(line.trim(), name))) }
}

/** Throws PlanError for a window that ends after the last epoch. */
function withinEpochs(windows: readonly Schedule[], epochs: number): readonly Schedule[] {
  for (const [i, schedule] of windows.entries()) {
    const end = Math.max(...schedule.map(({ toEpoch }) => toEpoch))
    if (end > epochs)
      throw new PlanError(`invalid schedule drawn-${i + 1}: it ends at epoch ${end}, but a run has ${epochs} epochs`)
  }
  return windows
}

function parametersOf(draft: PlanDraft, config: RunConfig, reads: ReadyPlan['reads']): PlanParameters {
  const epochs = number(draft.epochs, 'epochs')
  const late = reads.includes('late') ? number(draft.late, 'late epoch') : paperParameters.late
  if (reads.includes('late') && !(late > 0 && late < epochs)) {
    throw new PlanError(`invalid late epoch: ${late}; it must be above 0 and below the ${epochs} epochs`)
  }
  return {
    base: config,
    epochs,
    late,
    seeds: numbers(draft.seeds, 'seed'),
    alpha: reads.includes('alpha') ? number(draft.alpha, 'α') : paperParameters.alpha,
    strengths: reads.includes('strengths') ? numbers(draft.strengths, 'strength') : paperParameters.strengths,
    windows: reads.includes('windows') ? withinEpochs(draft.windows, epochs) : [],
  }
}

function ownPlan(draft: PlanDraft, config: RunConfig): Plan {
  const { base, seeds, epochs } = parametersOf(draft, config, [])
  const arms = draft.arms.map(armOf)
  const { name, effort: measure } = draft
  return parsePlan({ name, base: { ...base, train: { ...base.train, epochs } }, arms, seeds, measure })
}

function measureOf(draft: PlanDraft, made: Plan): Measure {
  const { measure, measureEpochs } = draft
  const chosen = withKinds(made.measure, measure ?? readyOf(draft)?.measures ?? [])
  const all = measureEpochs.trim() === '' || !measuresAny(chosen)
  return { ...chosen, epochs: all ? null : numbers(measureEpochs, 'measured epoch') }
}

/** Whether an error is due to what a plan says, in the form or in a file. */
export const isPlanProblem = (error: unknown): error is PlanError | ConfigError =>
  error instanceof PlanError || error instanceof ConfigError

/** The plan of a draft on a configuration, or why the draft is invalid. */
export function planOfDraft(
  draft: PlanDraft,
  config: RunConfig,
): { readonly plan: Plan; readonly error: null } | { readonly plan: null; readonly error: string } {
  try {
    const ready = readyOf(draft)
    const made = ready ? readyPlan(ready, parametersOf(draft, config, ready.reads)) : ownPlan(draft, config)
    return { plan: parsePlan({ ...made, measure: measureOf(draft, made) }), error: null }
  } catch (error) {
    if (!isPlanProblem(error)) throw error
    return { plan: null, error: error.message }
  }
}

/** A plan's arms as texts of the form. */
export const draftArms = ({ arms }: Plan): DraftArm[] =>
  arms.map(({ name, changes }) => ({
    name,
    changes: Object.entries(changes)
      .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join('\n'),
  }))

/** A plan's arms and measurements as texts of the form, in which they are custom arms. */
export const ownDraft = (plan: Plan): Pick<PlanDraft, 'kind' | 'arms' | 'effort' | 'measure'> => ({
  kind: 'own',
  arms: draftArms(plan),
  effort: { ...plan.measure, epochs: null },
  measure: kindsOf(plan.measure),
})
