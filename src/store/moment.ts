import type { Moment } from '../protocol/run-events.ts'
import type { Run } from '../runs/reduce.ts'

/** How far a run is: after its newest step. */
export function momentOf({ steps, start }: Run): Moment {
  const last = steps.length - 1
  if (last < 0) return { step: start?.fromStep ?? 0, epoch: 0 }
  return { step: steps.column('step')[last], epoch: steps.column('epoch')[last] }
}
