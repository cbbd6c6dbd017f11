/** Plans that are there to be taken: the paper's experiments and their controls. */
import type { RunConfigInput } from '../config/config.ts'
import type { Window } from '../config/fields.ts'
import { type Arm, type MeasureKind, nothingMeasured, type Plan, withKinds } from './plan.ts'

export interface PlanParameters {
  /** What all runs have in common: data, model, optimizer … */
  readonly base: RunConfigInput
  readonly epochs: number
  readonly seeds: readonly number[]
  /** Strength of the regularizer in the arms that have it. */
  readonly alpha: number
  /** Epoch from which the late arm is regularized. */
  readonly late: number
  /** Strengths of a sweep. */
  readonly strengths: readonly number[]
  /** Schedules drawn by hand, an arm each. */
  readonly windows: readonly (readonly Window[])[]
}

/** The paper's: α −20, from epoch 0 or 5 of 20, five seeds. */
export const paperParameters: PlanParameters = {
  base: {},
  epochs: 20,
  seeds: [1, 2, 3, 4, 5],
  alpha: -20,
  late: 5,
  strengths: [-20, -5, -2, -1, -0.5, 0, 1],
  windows: [],
}

export interface ReadyPlan {
  /** As the command line names it. */
  readonly id: string
  readonly title: string
  /** What it asks, and what its arms are. */
  readonly description: string
  /** The parameters that it reads besides base, epochs and seeds. */
  readonly reads: readonly ('alpha' | 'late' | 'strengths' | 'windows')[]
  /** What it measures at checkpoints. */
  readonly measures: readonly MeasureKind[]
  readonly arms: (parameters: PlanParameters) => readonly Arm[]
}

/** A ready-made plan with its parameters. */
export const readyPlan = ({ id, measures, arms }: ReadyPlan, parameters: PlanParameters): Plan => {
  const { base, epochs, seeds } = parameters
  return {
    name: id,
    base: { ...base, train: { ...base.train, epochs } },
    arms: arms(parameters),
    seeds,
    measure: withKinds(nothingMeasured, measures),
  }
}

const schedule = 'regularizer.schedule'

const regularized = (alpha: number, fromEpoch: number, toEpoch: number) => ({
  [schedule]: alpha === 0 ? [] : [{ fromEpoch, toEpoch, alpha }],
})

const none: Arm = { name: 'none', changes: { [schedule]: [] } }

/** −2 with a hyphen, as a folder's name. */
const alphaName = (alpha: number) => (alpha === 0 ? 'none' : `alpha${alpha > 0 ? '+' : ''}${alpha}`)

const earlyOrLate = ({ alpha, late, epochs, windows }: PlanParameters): Arm[] => [
  none,
  { name: 'from-0', changes: regularized(alpha, 0, epochs) },
  { name: `from-${late}`, changes: regularized(alpha, late, epochs) },
  ...windows.map((own, i) => ({ name: `drawn-${i + 1}`, changes: { [schedule]: own } })),
]

const controls = ({ alpha, epochs }: PlanParameters): Arm[] => {
  const early = regularized(alpha, 0, epochs)
  return [
    none,
    { name: 'discourage', changes: early },
    { name: 'promote', changes: regularized(-alpha, 0, epochs) },
    { name: 'shuffled-labels', changes: { ...early, 'regularizer.labels': 'shuffled' } },
    { name: 'balanced', changes: { ...early, 'data.balancedBatches': true } },
    { name: 'balanced-none', changes: { ...none.changes, 'data.balancedBatches': true } },
  ]
}

export const readyPlans: readonly ReadyPlan[] = [
  {
    id: 'rise-and-recede',
    title: 'Rise and recede',
    description: 'Do class-selective units appear early and recede later? One arm without regularizer, probed densely.',
    reads: [],
    measures: [],
    arms: () => [none],
  },
  {
    id: 'ablation-over-training',
    title: 'Ablation over training',
    description:
      'Does it harm more to lose selective units early than late? One arm without regularizer; at every checkpoint selective and random units of each module are ablated.',
    reads: [],
    measures: ['ablation'],
    arms: () => [none],
  },
  {
    id: 'linearity-over-training',
    title: 'Linearity over training',
    description:
      'Is the network nearest to linear early? One arm without regularizer, its linearity at every checkpoint.',
    reads: [],
    measures: ['linearity'],
    arms: () => [none],
  },
  {
    id: 'early-or-late',
    title: 'Early or late',
    description:
      'Does it harm to discourage selectivity from the start, and less to begin later? Three arms: no regularizer, from epoch 0, from a later epoch; and schedules drawn by hand. The published code takes class sums (regularizer.statistic=sum).',
    reads: ['alpha', 'late', 'windows'],
    measures: [],
    arms: earlyOrLate,
  },
  {
    id: 'strength-sweep',
    title: 'Strength sweep',
    description:
      'Which strength acts on selectivity and still lets the network learn? An arm a strength, from epoch 0. Run it before the others that regularize: a strength that fits one network and data set stops another from learning.',
    reads: ['strengths'],
    measures: [],
    arms: ({ strengths, epochs }) =>
      strengths.map((alpha) => ({ name: alphaName(alpha), changes: regularized(alpha, 0, epochs) })),
  },
  {
    id: 'regularizer-controls',
    title: 'Regularizer controls',
    description:
      'Is it class selectivity that the regularizer acts on? Without; discouraged; promoted; discouraged on shuffled labels; discouraged with class-balanced batches, and these without regularizer.',
    reads: ['alpha'],
    measures: [],
    arms: controls,
  },
]
