/** The probe or checkpoint of a run at the moment that the views show. */
import type { CheckpointEvent } from '../../protocol/run-events.ts'
import type { Run } from '../../runs/reduce.ts'

/** The last checkpoint at or before `moment` (a step), else the first. The newest for null. Considers only `files`, if given. */
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
