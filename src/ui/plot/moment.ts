/** Checkpoints of a run, as charts of measurements look at them. */
import type { CheckpointEvent } from '../../protocol/run-events.ts'
import type { Run } from '../../runs/reduce.ts'

/** The checkpoint at or before a moment, or the first; null follows the newest. Of those in `files`, where that is given. */
export function checkpointAt(
  run: Run,
  moment: number | null,
  files: ReadonlySet<string> | null = null,
): CheckpointEvent | null {
  const all = files ? run.checkpoints.filter(({ file }) => files.has(file)) : run.checkpoints
  if (moment === null) return all.at(-1) ?? null
  return all.findLast(({ step }) => step <= moment) ?? all[0] ?? null
}

export const epochText = (epoch: number): string => `epoch ${epoch.toFixed(2)}`

/** The column whose probe is at or before a step; null follows the newest. */
export function columnAt(run: Run, moment: number | null): number {
  if (moment === null) return run.probes.length - 1
  return Math.max(
    0,
    run.probes.findLastIndex(({ step }) => step <= moment),
  )
}
