/** The largest distances allowed between a run of a well-conditioned reference case and PyTorch. */
import type { activeNames } from './oracle.ts'
import type { Distances } from './oracle-run.ts'

/** Bounds that hold for every kernel variant, compiled and eager. PyTorch's own float32 runs change weights by up to 3.3e-4. */
export const boundsOf = (name: (typeof activeNames)[number]): Distances => ({
  losses: 1e-6,
  parts: 1e-6,
  gradients: 3e-5,
  pooled: 1e-6,
  changes: 1e-3,
  selectivity: name === 'active-sum' ? 5e-5 : 2e-5,
  evaluation: 1e-6,
  logits: 1e-5,
  ablatedLogits: 1e-5,
})
