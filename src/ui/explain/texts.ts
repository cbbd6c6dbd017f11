/** What each chart shows, in two or three sentences, with its formula and the section of docs/measurements.md behind it. */
import type { Topic } from './topics.ts'

export interface ExplainedTopic {
  readonly text: string
  readonly formula?: string
  /** The heading's anchor in docs/measurements.md. */
  readonly section: string
}

export const texts: Readonly<Record<Topic, ExplainedTopic>> = {
  selectivity: {
    text: 'A unit is selective when one class activates it more than the others do. The line is the mean SI over the units of a module, and the band holds the middle half of the units. The gray chance floor is the same index with shuffled labels: only what lies above it is information about classes.',
    formula: 'SI = (m_max − m_rest) / (m_max + m_rest + 10⁻⁶)',
    section: 'selectivity',
  },
  sites: {
    text: 'Each row is a site, the output of one residual block, and each column is a probe. Darker cells have a higher mean SI over the site’s units. Early probes are dense, so the columns are not evenly spaced in time.',
    formula: 'cell = mean SI over the units of the site',
    section: 'selectivity',
  },
  'loss-and-accuracy': {
    text: 'Loss is what training lowers: the cross-entropy, minus α times the regularizer’s R where a regularizer acts. Top-1 is the share of images whose highest logit is the right class. Validation images are never trained on.',
    formula: 'L = crossEntropy − α · R',
    section: 'loss-and-accuracy',
  },
  'parent-difference': {
    text: 'A fork starts from a checkpoint of its parent and sees the same images in the same order. The lines are the fork’s value minus the parent’s at the same step, so everything away from 0 comes from what you changed.',
    formula: 'Δ = value of the fork − value of the parent',
    section: 'comparing-runs',
  },
  ablation: {
    text: 'Ablating a unit sets its output to zero. The curves show what is left of the network when more and more units of a module are ablated. If selective units mattered more than others, the curve of the most selective units would fall below that of random ones.',
    formula: 'accuracy(n), n = ablated units of each site',
    section: 'ablation',
  },
  'ablation-area': {
    text: 'One number for each ablation curve: the area under it, in multiples of the whole network’s value. For top-1, 1 means that ablation does no harm and a smaller area means more harm. The line over epochs shows when the selective units matter most.',
    formula: 'area = ∫ accuracy(share) d(share) / accuracy(0)',
    section: 'ablation',
  },
  'single-units': {
    text: 'Each dot is a unit: its SI, and the harm of ablating it alone. Spearman’s ρ says whether more selective units do more harm; its interval comes from bootstrapping over units. An interval that includes 0 shows no relation.',
    formula: 'harm = loss without the unit − loss',
    section: 'ablation',
  },
  indices: {
    text: 'Other ways to measure how selective a unit is, each with its own chance floor. A result that holds only for one index depends on the index.',
    formula: 'd′ = (μ_preferred − μ_rest) / √((σ²_preferred + σ²_rest) / 2)',
    section: 'other-indices',
  },
  linearity: {
    text: 'How close the network is to a linear one. Affine deviation is 0 if the logits of a mixture of two images are the mixture of their logits. Gate constancy is the share of images on which a ReLU stays in its usual state, and the read-out tells how well a linear map of a site predicts the logits.',
    formula: '‖f(½x₁ + ½x₂) − ½f(x₁) − ½f(x₂)‖ / spread of ½f(x₁) + ½f(x₂)',
    section: 'linearity',
  },
  'cross-layer-correlation': {
    text: 'For images of one class: how strongly the most active units of one site go up and down with those of another. High values mean that a signal passes through the sites almost unchanged. Random units are the control.',
    formula: '|r| between sites of the mean of the k largest activations',
    section: 'linearity',
  },
  distribution: {
    text: 'The units of one site by their SI. The dashed outline is the same count with shuffled labels: units to the right of it are more selective than chance.',
    formula: 'SI = (m_max − m_rest) / (m_max + m_rest + 10⁻⁶)',
    section: 'selectivity',
  },
  'unit-over-training': {
    text: 'The SI of this unit at every probe, with its chance floor. The strip below names the class that activates it most. A unit whose class keeps changing has not settled.',
    formula: 'preferred class = arg max of the class means',
    section: 'one-unit',
  },
  'class-tuning': {
    text: 'The unit’s mean activation for the images of each class, highest first. SI compares the first bar with the mean of all others.',
    formula: 'm_c = mean activation over the images of class c',
    section: 'one-unit',
  },
  comparison: {
    text: 'An arm is one configuration, trained with several seeds. The line is the mean over seeds, and the band says how sure that mean is. Where the bands of two arms overlap, these seeds do not tell them apart.',
    formula: 'band = mean ± t · s / √n',
    section: 'comparing-runs',
  },
  'final-accuracy': {
    text: 'Top-1 on the validation images after the last epoch. The bar is a 95 % interval for the mean over seeds, and faint markers are the seeds.',
    formula: 'interval = mean ± t · s / √n',
    section: 'comparing-runs',
  },
  'paired-differences': {
    text: 'Runs with the same seed start from the same weights and see the same images, so subtracting them removes what the seed adds. An interval that does not include 0 is a difference between the arms.',
    formula: 'difference = top-1 of the reference − top-1 of the arm, by seed',
    section: 'comparing-runs',
  },
}
