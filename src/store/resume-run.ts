/** Asks the worker to go on with the shown run from its newest resume point. */
import type { RunConfig } from '../config/config.ts'
import type { ResumedMark } from '../protocol/run-record.ts'
import type { Run } from '../runs/reduce.ts'
import type { LabContext } from './context.ts'
import { heldAlpha } from './live-actions.ts'
import type { LiveState } from './state.ts'

/** The user's control after the newest recorded step; null where the schedule applied. */
export function recordedControl({ steps }: Run): Pick<LiveState, 'alpha' | 'held'> | null {
  const last = steps.length - 1
  if (last < 0 || steps.column('held')[last] === 0) return null
  return { alpha: steps.column('alpha')[last], held: true }
}

export interface Resuming {
  readonly run: Run
  /** The recorded configuration; with more epochs where a run is extended. */
  readonly config: RunConfig
  readonly mark: ResumedMark
  readonly acceptChanged: boolean
}

/**
 * Posts the start command. The worker must hold the run's images. It repeats the recorded controls, and then goes on with the
 * last one, or with the user's, where that was changed since.
 */
export function postResume({ store, client }: LabContext, { run, config, mark, acceptChanged }: Resuming): void {
  const { eager, live } = store.getState()
  const from = { kind: 'resume', mark, acceptChanged } as const
  client.post({ type: 'start', config, runId: run.id, tuning: 'auto', eager, from })
  const recorded = recordedControl(run)
  if (live.held && heldAlpha(live) !== recorded?.alpha) client.post({ type: 'alpha', value: heldAlpha(live) })
  else if (!live.held && recorded) client.post({ type: 'hand-back' })
}
