/** Types of the state of experiments: the list of runs, the comparison and the plan. */
import type { BandKind } from '../../experiments/compare.ts'
import type { RunRecord } from '../../experiments/record.ts'
import type { Origin } from '../../runs/library.ts'
import type { PlanDraft } from './plan-draft.ts'

export const centers = ['run', 'compare', 'claims'] as const
export type Center = (typeof centers)[number]

/** A run in the list, which can be compared. */
export interface LibraryRun {
  readonly id: string
  readonly origin: Origin
  /** When it ended or was imported, in milliseconds. */
  readonly time: number
  /** Its name is unique in the list. */
  readonly record: RunRecord
}

/** Runs that come with the page. */
export interface Example {
  readonly id: string
  readonly title: string
  /** A description of the runs: their purpose and configuration. */
  readonly text: string
  /** File name beside the index of the examples. */
  readonly file: string
}

export interface Comparison {
  /** Id of a metric. */
  readonly metric: string
  readonly by: 'arm' | 'run'
  readonly band: BandKind
  /** The arm that the others are compared to; null selects the arm without regularizer. */
  readonly reference: string | null
  /** Shown epochs; null shows all. */
  readonly range: readonly [from: number, to: number] | null
}

export type PlannedStatus = 'waiting' | 'running' | 'measuring' | 'finished' | 'existing' | 'stopped' | 'failed'

export interface PlannedState {
  readonly name: string
  readonly status: PlannedStatus
  /** The reason for a failure; empty otherwise. */
  readonly message: string
}

export interface PlanState {
  readonly name: string
  readonly status: 'running' | 'paused' | 'stopping' | 'ended'
  readonly runs: readonly PlannedState[]
  /** Completed share of the plan's epochs, from 0 to 1. */
  readonly progress: number
  /** Milliseconds; null until an estimate is possible. */
  readonly left: number | null
  /** A sentence on the missing runs and measurements at the end of the plan; empty without any. */
  readonly note: string
}

export interface ExperimentsState {
  readonly center: Center
  /** In the order in which they were added. */
  readonly runs: readonly LibraryRun[]
  /** The work on runs that is in progress, such as "Reading plan.zip"; null without any. */
  readonly busy: string | null
  /** Ids of listed runs that are not compared. */
  readonly leftOut: ReadonlySet<string>
  /** One sentence for each run that could not be read or stored. */
  readonly problems: readonly string[]
  readonly examples: readonly Example[]
  readonly comparison: Comparison
  readonly draft: PlanDraft
  readonly plan: PlanState | null
  /** True while a few steps of the plan are timed. */
  readonly timing: boolean
}
