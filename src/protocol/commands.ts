/** The page's commands to the worker. Types only. */
import type { RunConfig } from '../config/config.ts'
import type { LayoutName } from '../config/layout.ts'
import type { DataInput } from './data-report.ts'
import type { Tuning } from './environment.ts'
import type { AblationMode, MeasuredRun, Measurement, UnitImpact } from './measurement.ts'
import type { ResumedMark } from './run-record.ts'
import type { InitialChoice } from './weights-report.ts'

/** The page's first message to a worker, which then opens its device. */
export interface OpenCommand {
  readonly type: 'open'
  /** Limits of a poorer device, as in the page's address; null for all that the adapter offers. */
  readonly deviceLimits: string | null
}

/** A state of a run: the step of a resume point, or a checkpoint's file. */
export type ForkFrom = { readonly step: number } | { readonly checkpoint: string }

/** How a run begins that is no new one. */
export type StartFrom =
  /** The run `runId` goes on from its newest usable resume point; from its beginning where it has none. */
  | {
      readonly kind: 'resume'
      readonly mark: ResumedMark
      /** Goes on with other images than the run began with, from the end of an epoch. */
      readonly acceptChanged: boolean
    }
  /** A new run `runId` begins with a state of the stored run `parent`. */
  | { readonly kind: 'fork'; readonly parent: string; readonly point: ForkFrom; readonly acceptChanged: boolean }
  /** A new run `runId` repeats the stored run `of`: with its kernels and with the recorded α of each step. */
  | { readonly kind: 'repeat'; readonly of: string }

export type LabCommand =
  | {
      readonly type: 'read-data'
      /** The answers carry the same number. */
      readonly request: number
      readonly input: DataInput
      readonly validationFraction: number
      readonly seed: number
      /** How folders become classes and splits; `auto` by default. */
      readonly layout?: LayoutName
      /** Images with more megapixels are left out. */
      readonly maxMegapixels?: number
      /** Shorter side, in pixels, of the decoded images that the cache stores while they are read. */
      readonly side: number
    }
  | { readonly type: 'cancel-reading' }
  /** Reads the images of the dataset in the background, or stops that. */
  | { readonly type: 'check-images'; readonly on: boolean }
  /** Requests a `caches` message. */
  | { readonly type: 'list-caches' }
  | { readonly type: 'delete-cache'; readonly id: string }
  /** Requests a `samples` message with images of a class; `label` is an index into the report's classes. */
  | { readonly type: 'show-class'; readonly label: number }
  | {
      readonly type: 'start'
      readonly config: RunConfig
      readonly runId: string
      /** Of a new run in its record; by default that of the configuration. */
      readonly name?: string
      readonly tuning: Tuning
      readonly eager: boolean
      /** Absent for random weights. */
      readonly initial?: InitialChoice
      /** Absent for a new run. */
      readonly from?: StartFrom
    }
  /** Requests a resume point of the active run after its current step. */
  | { readonly type: 'save-resume-point' }
  /** Describes a file of weights. The answers carry the same number. */
  | { readonly type: 'read-weights'; readonly request: number; readonly file: File }
  /** Ends the timing of kernels; the run starts with the timings so far. */
  | { readonly type: 'skip-tuning' }
  | { readonly type: 'alpha'; readonly value: number }
  /** Returns control of α to the schedule. */
  | { readonly type: 'hand-back' }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'step' }
  | { readonly type: 'stop' }
  /** Pauses the current run after these epochs' checkpoints, but never after the last. */
  | { readonly type: 'hold-at'; readonly epochs: readonly number[] }
  /**
   * Measures checkpoints of an ended or paused run. The worker answers with `measured` or `profile`, then with
   * `measure-finished` or `measure-failed`. Taking a training step cancels the measurement.
   */
  | {
      readonly type: 'measure'
      /** The answers carry the same number. */
      readonly request: number
      readonly run: MeasuredRun
      readonly measurement: Measurement
    }
  | { readonly type: 'cancel-measure' }
  /** Requests a `correlated` message: the rank correlation of impact and selectivity over ablated units. */
  | {
      readonly type: 'correlate'
      readonly runId: string
      readonly checkpoint: string
      readonly mode: AblationMode
      readonly seed: number
      readonly units: readonly UnitImpact[]
    }
