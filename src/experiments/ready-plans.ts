/** Predefined plans: the paper's experiments and their controls. */
import type { Preset } from '../config/presets.ts'
import { type PlanParameters, paperParameters } from './paper-parameters.ts'
import { type Arm, type MeasureKind, nothingMeasured, type Plan, withKinds } from './plan.ts'

/** The parameters of plans on a preset: its epochs, its strength, its late epoch and its seeds; else the paper's. */
export const parametersOn = (preset: Preset | undefined): PlanParameters =>
  preset?.arms ? { ...paperParameters, epochs: preset.config.train.epochs, ...preset.arms } : paperParameters

export interface ReadyPlan {
  /** The name on the command line. */
  readonly id: string
  /** Id of the preset that the plan brings along; absent for a plan on any configuration. */
  readonly preset?: string
  readonly title: string
  /** The question of the plan, and its arms. */
  readonly description: string
  /** The parameters that the plan uses besides base, epochs and seeds. */
  readonly reads: readonly ('alpha' | 'late' | 'strengths' | 'windows')[]
  /** The measurements at checkpoints. */
  readonly measures: readonly MeasureKind[]
  readonly arms: (parameters: PlanParameters) => readonly Arm[]
}

/** A predefined plan with its parameters filled in. */
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

/** The arm's name for α, with a hyphen as minus sign, since it names a folder. */
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
    description:
      'Do class-selective units appear early and recede later? One arm without a regularizer, probed densely.',
    reads: [],
    measures: [],
    arms: () => [none],
  },
  {
    id: 'ablation-over-training',
    title: 'Ablation over training',
    description:
      'Does the loss of selective units harm more early than late? One arm without a regularizer; at every checkpoint, selective and random units of each module are ablated.',
    reads: [],
    measures: ['ablation'],
    arms: () => [none],
  },
  {
    id: 'linearity-over-training',
    title: 'Linearity over training',
    description:
      'Is the network closest to linear early? One arm without a regularizer; linearity is measured at every checkpoint.',
    reads: [],
    measures: ['linearity'],
    arms: () => [none],
  },
  {
    id: 'early-or-late',
    title: 'Early or late',
    description:
      'Does discouraging selectivity from the start harm the network, and does starting later harm less? Three arms: no regularizer, from epoch 0, from a later epoch; plus schedules drawn by hand. The published code uses class sums (regularizer.statistic=sum).',
    reads: ['alpha', 'late', 'windows'],
    measures: [],
    arms: earlyOrLate,
  },
  {
    id: 'early-or-late-cifar10',
    preset: 'rise-and-recede-cifar10',
    title: 'Early or late, CIFAR-10',
    description:
      'The plan “Early or late” on the preset “Rise and recede on CIFAR-10”, with α −0.5, at which the network still learns.',
    reads: ['alpha', 'late', 'windows'],
    measures: [],
    arms: earlyOrLate,
  },
  {
    id: 'early-or-late-100',
    preset: 'rise-and-recede-100',
    title: 'Early or late, 100 classes',
    description:
      'The plan “Early or late” on the preset “Rise and recede, 100 classes”, with α −0.5. It needs your own ImageNet subset.',
    reads: ['alpha', 'late', 'windows'],
    measures: [],
    arms: earlyOrLate,
  },
  {
    id: 'strength-sweep',
    title: 'Strength sweep',
    description:
      'Which strength changes selectivity and still lets the network learn? One arm for each strength, from epoch 0. Run this plan before the other regularized ones: a strength that suits one network and dataset can stop another from learning.',
    reads: ['strengths'],
    measures: [],
    arms: ({ strengths, epochs }) =>
      strengths.map((alpha) => ({ name: alphaName(alpha), changes: regularized(alpha, 0, epochs) })),
  },
  {
    id: 'regularizer-controls',
    title: 'Regularizer controls',
    description:
      'Does the regularizer act on class selectivity? Arms: no regularizer; discouraged; promoted; discouraged with shuffled labels; discouraged with class-balanced batches; class-balanced batches without a regularizer.',
    reads: ['alpha'],
    measures: [],
    arms: controls,
  },
]
