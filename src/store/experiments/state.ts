/** What the page shows of experiments: runs at hand, how they are compared, and the plan that is trained. */
import type { BandKind } from '../../experiments/compare.ts'
import type { RunRecord } from '../../experiments/record.ts'
import type { Origin } from '../../runs/library.ts'
import type { PlanDraft } from './plan-draft.ts'

export const centers = ['run', 'compare', 'claims'] as const
export type Center = (typeof centers)[number]

/** A run that can be compared. */
export interface LibraryRun {
  readonly id: string
  readonly origin: Origin
  /** When it ended or was brought in, in milliseconds. */
  readonly time: number
  /** Its name is unique among the runs at hand. */
  readonly record: RunRecord
}

/** Runs that are shipped with the page. */
export interface Example {
  readonly id: string
  readonly title: string
  /** What it is and what it takes to make it. */
  readonly text: string
  /** Beside the examples' index. */
  readonly file: string
}

export interface Comparison {
  /** Id of a metric. */
  readonly metric: string
  readonly by: 'arm' | 'run'
  readonly band: BandKind
  /** Arm that the others are compared to; null takes the one without regularizer. */
  readonly reference: string | null
  /** Epochs that are shown; null shows all. */
  readonly range: readonly [from: number, to: number] | null
}

export type PlannedStatus = 'waiting' | 'running' | 'measuring' | 'finished' | 'there' | 'stopped' | 'failed'

export interface PlannedState {
  readonly name: string
  readonly status: PlannedStatus
  /** Why it failed, or empty. */
  readonly message: string
}

export interface PlanState {
  readonly name: string
  readonly status: 'running' | 'paused' | 'stopping' | 'ended'
  readonly runs: readonly PlannedState[]
  /** Share of the plan's epochs that are done. */
  readonly progress: number
  /** Milliseconds, or null while they cannot be told. */
  readonly left: number | null
  /** What is not done of the plan, as a sentence; empty when all is. */
  readonly note: string
}

export interface ExperimentsState {
  readonly center: Center
  /** In the order in which they came. */
  readonly runs: readonly LibraryRun[]
  /** What the page is doing with runs ("Reading plan.zip …"), or null. */
  readonly busy: string | null
  /** Runs that are at hand and not compared, by id. */
  readonly leftOut: ReadonlySet<string>
  /** What could not be read or kept, a sentence each. */
  readonly problems: readonly string[]
  readonly examples: readonly Example[]
  readonly comparison: Comparison
  readonly draft: PlanDraft
  readonly plan: PlanState | null
  /** A few steps are being timed. */
  readonly timing: boolean
}
