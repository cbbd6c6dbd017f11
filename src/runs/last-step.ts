/** The last step of a run. */
import type { Run } from './reduce.ts'

/** The last recorded step or probe, at least 1. */
export const lastStep = (run: Run): number =>
  Math.max(1, run.steps.column('step').at(-1) ?? 0, run.probes.at(-1)?.step ?? 0)
