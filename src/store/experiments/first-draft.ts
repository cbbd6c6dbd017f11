/** The texts of the plan form, and those that it begins with. */
import type { Window } from '../../config/fields.ts'
import { paperParameters } from '../../experiments/paper-parameters.ts'
import { type Measure, type MeasureKind, nothingMeasured } from '../../experiments/plan.ts'

export interface DraftArm {
  readonly name: string
  /** One `key=value` per line. */
  readonly changes: string
}

export type Schedule = readonly Window[]

export interface PlanDraft {
  /** Id of a ready-made plan, or `own`: the arms below. */
  readonly kind: string
  /** Typed numbers, separated by commas. */
  readonly seeds: string
  readonly epochs: string
  readonly alpha: string
  readonly late: string
  readonly strengths: string
  /** Schedules of α that the user drew, one for each arm. */
  readonly windows: readonly Schedule[]
  readonly arms: readonly DraftArm[]
  /** The name of a plan of these arms. */
  readonly name: string
  /** How thorough each measurement of such a plan is. */
  readonly effort: Measure
  /** Measurements at checkpoints; null takes those of the ready-made plan. */
  readonly measure: readonly MeasureKind[] | null
  /** Typed epochs whose checkpoints are measured; empty for all. */
  readonly measureEpochs: string
}

/** α as the form shows it. */
export const alphaOf = (alpha: number) => String(alpha).replace('-', '−')

export const firstDraft: PlanDraft = {
  kind: 'early-or-late',
  seeds: '1, 2, 3',
  epochs: '20',
  alpha: alphaOf(paperParameters.alpha),
  late: String(paperParameters.late),
  strengths: paperParameters.strengths.join(', '),
  windows: [],
  arms: [{ name: 'none', changes: 'regularizer.schedule=[]' }],
  name: 'own-plan',
  effort: nothingMeasured,
  measure: null,
  measureEpochs: '',
}
