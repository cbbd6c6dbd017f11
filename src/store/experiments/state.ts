/** Types of the state of experiments: the list of runs, the comparison and the plan. */
import type { BandKind } from '../../experiments/compare.ts'
import type { RunRecord } from '../../experiments/record.ts'
import type { EndReason } from '../../protocol/run-events.ts'
import type { RunInfo } from '../../protocol/run-record.ts'
import type { RunFacts } from '../runs/summary.ts'
import type { PlanDraft } from './first-draft.ts'

export const centers = ['run', 'runs', 'compare', 'claims'] as const
export type Center = (typeof centers)[number]

/** `training`: in this tab or another. `interrupted`: it has not ended, and nobody trains it. */
export type ListedState = EndReason | 'training' | 'interrupted'

/** A run in the list, which can be compared. */
export interface LibraryRun {
  readonly id: string
  readonly info: RunInfo
  readonly state: ListedState
  /** Its name is unique in the list. */
  readonly record: RunRecord
  readonly facts: RunFacts
  /** Bytes of all its files. */
  readonly bytes: number
  /** Whether the browser stores it; other runs are listed until the page is closed. */
  readonly stored: boolean
}

/** How much the runs use of the browser's storage. */
export interface StorageState {
  /** Bytes that this page uses in total, and that it may still use; null where the browser does not say. */
  readonly used: number | null
  readonly free: number | null
  /** Whether the browser keeps the files when the disk fills; null where it does not say. */
  readonly persistent: boolean | null
}

/** How the runs of an example were made. */
export interface Provenance {
  /** The lab's version, and its commit where that is known. */
  readonly lab: string
  readonly commit: string | null
  readonly adapter: string
  readonly data: string
  /** The command that trained the runs. */
  readonly command: string
}

/** Runs that come with the page. */
export interface Example {
  readonly id: string
  /** `run`: one run, which opens in the run view. `arms`: runs that open in Compare. */
  readonly kind: 'run' | 'arms'
  readonly title: string
  /** A description of the runs: their purpose and configuration. */
  readonly text: string
  /** File name beside the index of the examples. */
  readonly file: string
  /** The runs in the file, and whether their single units are there. */
  readonly runs: readonly { readonly name: string; readonly units: boolean }[]
  /** The preset with the same settings; null without one. */
  readonly preset: string | null
  readonly provenance: Provenance
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

/** What the table of runs shows and has selected; it stays while another view is open. */
export interface RunsTableState {
  /** The words of the filter. */
  readonly text: string
  readonly order: { readonly column: string; readonly descending: boolean }
  /** Ids of the selected runs. */
  readonly selected: 'all' | ReadonlySet<string>
}

export interface DamagedRun {
  readonly id: string
  readonly message: string
}

/** Whether the repetition of a run has the same bytes. */
export interface Repetition {
  /** The id of the repetition, and of the run that it repeats. */
  readonly id: string
  readonly of: string
  readonly identical: boolean
  /** One sentence. */
  readonly text: string
}

export interface ExperimentsState {
  readonly center: Center
  /** The oldest first. */
  readonly runs: readonly LibraryRun[]
  /** Deleted runs, which can be restored until they are purged. */
  readonly deleted: readonly LibraryRun[]
  readonly table: RunsTableState
  /** Stored runs that cannot be read, with the reason as a sentence. */
  readonly damaged: readonly DamagedRun[]
  /** Ids of the runs that the user deleted last, for Undo. */
  readonly undo: readonly string[]
  /** Null until the browser was asked. */
  readonly storage: StorageState | null
  /** The run of another tab that the page follows; null without one. */
  readonly followed: string | null
  /** What the last repetition of a run showed; null without one. */
  readonly repetition: Repetition | null
  /** The work on runs that is in progress, such as "Reading plan.zip"; null without any. */
  readonly busy: string | null
  /** Ids of listed runs that are not compared. */
  readonly leftOut: ReadonlySet<string>
  /** One sentence for each run that could not be read or stored. */
  readonly problems: readonly string[]
  readonly examples: readonly Example[]
  /** The id of the example that a listed run came with, by the run's id. */
  readonly exampleOf: ReadonlyMap<string, string>
  readonly comparison: Comparison
  readonly draft: PlanDraft
  readonly plan: PlanState | null
  /** True while a few steps of the plan are timed. */
  readonly timing: boolean
}
