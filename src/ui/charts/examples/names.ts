/** The charts that have an example for the time before their first numbers. */
export type ExampleName =
  | 'selectivity'
  | 'loss-and-accuracy'
  | 'sites'
  | 'ablation'
  | 'linearity'
  | 'comparison'
  | 'distribution'
