/** What is claimed, what is measured and how it is judged, in the words that are printed. */
import { minimumSeeds } from './judge.ts'

export type ClaimId = 'rise-and-recede' | 'matter-early' | 'near-linear-early' | 'causal'

/** The chart behind a claim. */
export type ClaimChart = 'selectivity' | 'ablation' | 'linearity' | 'final accuracy'

export interface ClaimText {
  readonly id: ClaimId
  readonly title: string
  /** The claim. */
  readonly statement: string
  readonly measured: string
  /** Sentence by sentence. */
  readonly rule: readonly string[]
  readonly chart: ClaimChart
}

/** How a verdict is found, the same for all claims. */
export const verdictRules: readonly string[] = [
  `“Above 0” means that the whole 95 % interval over seeds is (Student’s t; a bootstrap of a few seeds is too narrow). Intervals are not corrected for the number of checks.`,
  `Holds: all that must be above 0 is. Contradicted: something that must be above 0 is wholly below. Not yet: data are missing, or an interval holds 0. Too few seeds: fewer than ${minimumSeeds} for something that must be above 0.`,
  'Only finished runs count, in which nobody held α by hand; a seed counts once. What is left out is listed with its reason.',
  'Early is the first fifth of training without the initialisation (0 < epoch ≤ epochs / 5); the end is the last epoch.',
]

const unregularized = 'Runs without regularizer, of the configuration with most seeds.'

const checkpointRule =
  'The early checkpoint is that of the first fifth nearest to the moment at which the seeds’ mean SI − floor is highest there: selectivity chooses it, not what is measured at it.'

export const claimTexts: readonly ClaimText[] = [
  {
    id: 'rise-and-recede',
    title: 'Rise and recede',
    statement: 'Class-selective units emerge early in training and then recede, but not completely.',
    measured: 'SI − chance floor, mean over a module’s units, at each probe.',
    rule: [
      unregularized,
      'Per module, all of these must be above 0: SI − floor at the early peak, less that at the initialisation (it rises); less that at the peak of the rest of training (it is highest early); less that at the end (it recedes); and SI − floor at the end (not completely).',
      'A seed’s peaks are taken where the mean of the other seeds is highest: a seed’s own highest value would be above its others by noise alone.',
      'The claim holds when it does for every module, and is contradicted when it is for one.',
    ],
    chart: 'selectivity',
  },
  {
    id: 'matter-early',
    title: 'They matter early',
    statement: 'Ablating class-selective units harms the network more in the early phase than later.',
    measured:
      'Extra harm: the area under normalized top-1 against the share of ablated units, random units first less most selective units first, per module and checkpoint.',
    rule: [
      unregularized,
      checkpointRule,
      'Per module, both must be above 0: the extra harm at the early checkpoint, and the same less the extra harm at the end.',
      'The claim holds when it does for every module, and is contradicted when it is for one.',
    ],
    chart: 'ablation',
  },
  {
    id: 'near-linear-early',
    title: 'Near-linear early',
    statement:
      'In the early phase the network is closer to a linear one than later, and selective units are quasi-linear shortcuts through it.',
    measured:
      'Affine deviation; gate constancy and linear read-out, means over sites; cross-layer correlation of the most active unit less that of a random one, mean over pairs of layers.',
    rule: [
      unregularized,
      checkpointRule,
      'Each must be above 0: affine deviation at the end less that early; gate constancy, read-out R², and correlation above that of random units early, each less that at the end; and that correlation early itself.',
      'No threshold says what is near to linear: early is compared with the end. The claim holds when it does by all four measures, and is contradicted when it is by one.',
    ],
    chart: 'linearity',
  },
  {
    id: 'causal',
    title: 'Causal',
    statement:
      'Discouraging selectivity from the start of training harms the final network; beginning later costs little.',
    measured: 'Top-1 on held-out images after the last epoch, differences between arms paired by seed.',
    rule: [
      'Runs that differ in the regularizer alone: without; with α < 0 from epoch 0 to the end; with the same α from a later epoch to the end. Class labels, not shuffled ones.',
      'Both must be above 0: top-1 without regularizer less that with it from the start; and half of this difference less what beginning later costs (top-1 without less that from later on). Little is less than half.',
      'Where training ends at chance (within three binomial standard errors of 1 / classes) both from the start and from later on, α is too strong to tell timing, and the verdict is not yet.',
      'Each strength and late epoch is judged. The claim’s verdict is that of the strongest α at which the late arm still learns, and of these of the earliest late epoch.',
    ],
    chart: 'final accuracy',
  },
]
