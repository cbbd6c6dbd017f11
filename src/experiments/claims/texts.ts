/** The text of the claims: the statement, what is measured and the rule of the verdict, as shown to the user. */
import { minimumSeeds } from './judge.ts'

export type ClaimId = 'rise-and-recede' | 'matter-early' | 'near-linear-early' | 'causal'

/** The chart that shows a claim's data. */
export type ClaimChart = 'selectivity' | 'ablation' | 'linearity' | 'final accuracy'

export interface ClaimText {
  readonly id: ClaimId
  readonly title: string
  readonly statement: string
  readonly measured: string
  /** One entry for each paragraph. */
  readonly rule: readonly string[]
  readonly chart: ClaimChart
}

/** How every claim is judged. */
export const verdictRules: readonly string[] = [
  `“Above 0” means that the whole 95 % interval over seeds lies above 0. It is Student’s t interval, because a bootstrap over a few seeds is too narrow. Intervals are not corrected for the number of checks.`,
  `Holds: every quantity that must be above 0 is. Contradicted: the whole interval of one such quantity lies below 0. Not yet: data are missing, or an interval contains 0. Too few seeds: one such quantity has fewer than ${minimumSeeds} seeds.`,
  'Only finished runs in which α always followed the schedule count, and each seed counts once. Excluded runs are listed with the reason.',
  '“Early” is the first fifth of training without the initialization (0 < epoch ≤ epochs / 5). “The end” is the last epoch.',
]

const unregularized = 'Runs without a regularizer, of the configuration that has the most seeds.'

const checkpointRule =
  'The early checkpoint is the one in the first fifth of training that is nearest to the highest mean SI − floor (over seeds) in that fifth. So selectivity chooses the checkpoint, not the quantity that is measured there.'

export const claimTexts: readonly ClaimText[] = [
  {
    id: 'rise-and-recede',
    title: 'Rise and recede',
    statement: 'Class-selective units emerge early in training and then recede, but not completely.',
    measured: 'SI − chance floor, mean over a module’s units, at each probe.',
    rule: [
      unregularized,
      'In each module, these must be above 0: SI − floor at the early peak minus its value at the initialization (it rises); minus its value at the peak of the rest of training (it is highest early); minus its value at the end (it recedes); and SI − floor at the end (not completely).',
      'The peaks of a seed are placed where the mean of the other seeds is highest. A seed’s own highest value would exceed its other values by noise alone.',
      'The claim holds when it holds for every module. It is contradicted when it is contradicted for one.',
    ],
    chart: 'selectivity',
  },
  {
    id: 'matter-early',
    title: 'They matter early',
    statement: 'Ablating class-selective units harms the network more in the early phase than later.',
    measured:
      'Extra harm: the area under normalized top-1 against the share of ablated units, for random units first minus for the most selective units first, in each module at each checkpoint.',
    rule: [
      unregularized,
      checkpointRule,
      'In each module, both must be above 0: the extra harm at the early checkpoint, and the extra harm at the early checkpoint minus that at the end.',
      'The claim holds when it holds for every module. It is contradicted when it is contradicted for one.',
    ],
    chart: 'ablation',
  },
  {
    id: 'near-linear-early',
    title: 'Near-linear early',
    statement:
      'In the early phase the network is closer to a linear one than later, and selective units are quasi-linear shortcuts through it.',
    measured:
      'Affine deviation; gate constancy and linear read-out, means over sites; cross-layer correlation of the most active unit minus that of a random unit, mean over pairs of layers.',
    rule: [
      unregularized,
      checkpointRule,
      'Each must be above 0: affine deviation at the end minus early; gate constancy, read-out R², and the correlation above that of random units, each early minus at the end; and this correlation early.',
      'No threshold defines near-linear: early values are compared with those at the end. The claim holds when it holds for all four measures. It is contradicted when it is contradicted for one.',
    ],
    chart: 'linearity',
  },
  {
    id: 'causal',
    title: 'Causal',
    statement:
      'Discouraging selectivity from the start of training harms the final network; starting later costs little.',
    measured: 'Top-1 on validation images after the last epoch, as differences between arms paired by seed.',
    rule: [
      'Runs that differ only in the regularizer: none; α < 0 from epoch 0 to the end; the same α from a later epoch to the end. The labels are the class labels, not shuffled ones.',
      'Both must be above 0: the cost of starting at once (top-1 without a regularizer minus top-1 with it from the start); and half of this cost minus the cost of starting later (top-1 without a regularizer minus top-1 with it from the later epoch). So “little” means less than half.',
      'When training ends at chance (within three binomial standard errors of 1 / classes) both from the start and from the later epoch, α is too strong to compare timing, and the verdict is “not yet”.',
      'Each strength and late epoch is judged. The claim’s verdict is that of the strongest α at which the late arm still learns; among several late epochs, the earliest decides.',
    ],
    chart: 'final accuracy',
  },
]
