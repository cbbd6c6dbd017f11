/** What can be explained: every chart, and the inspector's site. */
export const topics = [
  'selectivity',
  'sites',
  'loss-and-accuracy',
  'parent-difference',
  'ablation',
  'ablation-area',
  'single-units',
  'indices',
  'linearity',
  'cross-layer-correlation',
  'distribution',
  'unit-over-training',
  'class-tuning',
  'comparison',
  'final-accuracy',
  'paired-differences',
] as const

export type Topic = (typeof topics)[number]
