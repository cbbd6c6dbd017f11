/** The charts that have an example for the time before their first numbers. */
export type ExampleName =
  | 'selectivity'
  | 'loss-and-accuracy'
  | 'sites'
  | 'ablation'
  | 'single-units'
  | 'linearity'
  | 'comparison'
  | 'distribution'
