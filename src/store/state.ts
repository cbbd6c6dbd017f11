/** Types of the store's state: everything that the page shows besides the curves. Step-rate numbers live in series.ts. */
import type { RunConfig } from '../config/config.ts'
import type { LayoutName } from '../config/layout.ts'
import type { CacheInfo, DataInput, DataReport, Sample } from '../protocol/data-report.ts'
import type { AdapterReport } from '../protocol/environment.ts'
import type { Measurement, UnitProfile } from '../protocol/measurement.ts'
import type { LabMessage } from '../protocol/messages.ts'
import type { EndEvent, Moment } from '../protocol/run-events.ts'
import type { WeightsReport } from '../protocol/weights-report.ts'
import type { Progress } from '../time-left.ts'
import { type Attempts, type FailureCause, noAttempts } from './attempts.ts'
import type { MeasurementRequest } from './measurement-request.ts'
import type { RunStatus } from './run-status.ts'
import type { RecentSource } from './sources.ts'

export type DeviceState =
  | { readonly status: 'starting' }
  | { readonly status: 'ready'; readonly adapter: AdapterReport }
  | {
      readonly status: 'refused'
      readonly reason: Extract<LabMessage, { type: 'device-refused' }>['reason']
      readonly message: string
    }

/** A source and the settings that define its classes and its splits. */
export interface Reading {
  readonly input: DataInput
  /** How folders become classes and splits. */
  readonly layout: LayoutName
  readonly validationFraction: number
  readonly seed: number
  readonly maxMegapixels: number
}

export interface LoadedData {
  readonly reading: Reading
  readonly report: DataReport
  readonly samples: readonly Sample[]
}

/** Reading the images of the dataset in the background, since it was listed. */
export interface AuditState {
  /** Number of the request that listed the dataset. */
  readonly request: number
  readonly status: 'on' | 'stopped' | 'done' | 'failed'
  readonly done: number
  readonly total: number
  /** Counts of the last seconds, for the estimate. */
  readonly recent: readonly Progress[]
  /** Milliseconds; null until an estimate is possible. */
  readonly left: number | null
  readonly secondsPerImage: number | null
  /** Why it failed; empty otherwise. */
  readonly message: string
}

/** See the message `storage`. */
export interface SpaceState {
  /** Bytes of all runs. */
  readonly used: number
  readonly free: number | null
  readonly persisted: boolean
}

/** Caches of decoded images in the browser's storage. */
export interface CachesState {
  readonly caches: readonly CacheInfo[]
  /** Bytes that the caches may still use; null when the browser does not report them. */
  readonly free: number | null
}

/** `previous` is the dataset that stays usable while another is read, and after that failed. */
export type DataState =
  | { readonly status: 'none' }
  | {
      readonly status: 'reading'
      readonly name: string
      /** Null while the page still collects the files of a folder. */
      readonly reading: Reading | null
      /** The number of files that were found. */
      readonly done: number
      readonly previous: LoadedData | null
    }
  | ({ readonly status: 'ready' } & LoadedData)
  | {
      readonly status: 'refused'
      readonly message: string
      /** What was read; null before reading began. */
      readonly reading: Reading | null
      readonly previous: LoadedData | null
    }

/** The run that the page shows. */
export interface RunState {
  readonly status: RunStatus
  readonly id: string | null
  /** The configuration that the run was started with. */
  readonly config: RunConfig | null
  readonly end: EndEvent | null
  /** How far the run is; updated at most twice a second. */
  readonly moment: Moment
  /** Step of the newest resume point; −1 before the first: closing the page would then lose the run. */
  readonly point: number
  /** Failures since the newest resume point. */
  readonly attempts: Attempts
  /** What the page does about a failure; null otherwise. */
  readonly recovery: RecoveryState | null
}

/** Why a run could not be resumed. `missing`: the user must choose its images. `changed`: they are not those of the run. */
export interface ResumeProblem {
  readonly id: string
  readonly kind: 'missing' | 'refused' | 'changed' | 'failed'
  /** Sentences, with the cure. */
  readonly message: string
}

/** What an interruption cost that the page has recovered from by itself. */
export interface Recovered {
  /** One sentence: what happened. */
  readonly message: string
  /** Where the run was, and the step from which it went on. */
  readonly at: Moment
  readonly fromStep: number
}

export const noRun: RunState = {
  status: 'idle',
  id: null,
  config: null,
  end: null,
  moment: { step: 0, epoch: 0 },
  point: -1,
  attempts: noAttempts,
  recovery: null,
}

/** The recovery of a failed run that the page resumes by itself. */
export interface RecoveryState {
  readonly cause: FailureCause
  /** One sentence: what happened. */
  readonly message: string
  /** Where the run was. */
  readonly at: Moment
  /** The run was paused by the user and pauses again. */
  readonly paused: boolean
}

export interface LiveState {
  /** The position of the user's control; applied only while `held` and `on`. */
  readonly alpha: number
  readonly on: boolean
  /** True while the user controls α, false while the schedule does. */
  readonly held: boolean
}

export type XUnit = 'epoch' | 'step' | 'time'

/** Settings that all charts share: unit of x, zoomed range (in steps), cursor and selected moment (in steps). */
export interface ViewState {
  readonly x: XUnit
  readonly range: readonly [number, number] | null
  readonly cursor: number | null
  /** The moment that all views show; null follows the newest probe. */
  readonly moment: number | null
  readonly site: string | null
  /** A unit of the site; null shows the whole site. */
  readonly unit: number | null
}

/** Measurements of the runs on this page. */
export interface MeasuringState {
  readonly current: {
    readonly runId: string
    readonly measurement: Measurement
    /** Checkpoints, with a fraction. */
    readonly done: number
    readonly total: number
    /** Milliseconds; null until an estimate is possible. */
    readonly left: number | null
    readonly cancelling: boolean
  } | null
  /** Requests for the shown run that wait until it pauses or until `current` is done. */
  readonly queue: readonly MeasurementRequest[]
  /** The measurement of the shown run that ended early and can be resumed. */
  readonly unfinished: Measurement | null
  /** Whether the last measurement was completed; null before the first. */
  readonly finished: boolean | null
  /** How the last measurement ended, unless it was simply completed. */
  readonly note: { readonly kind: Measurement['kind']; readonly text: string } | null
  /** The unit whose profile was measured last, with its run. */
  readonly profile: (UnitProfile & { readonly runId: string }) | null
}

export const notMeasuring: MeasuringState = {
  current: null,
  queue: [],
  unfinished: null,
  finished: null,
  note: null,
  profile: null,
}

/** Measurements that the lab makes during training. */
export interface AutoMeasureState {
  /** The run pauses after the checkpoints of these epochs; ascending. */
  readonly epochs: readonly number[]
  /** Their checkpoints are filled in at each of the epochs. */
  readonly requests: readonly MeasurementRequest[]
}

/** Bookkeeping of what the page has sent to the worker and to the browser; no control shows it. */
export interface RequestState {
  /** Number of the newest request to read data. Late answers to earlier requests are recognized by it. */
  readonly data: number
  /** Number of the newest request to read weights. */
  readonly weights: number
  /** Number of the newest measurement. */
  readonly measurement: number
  /** True when the worker does not hold the data that the page shows: after a crash, or after a late cancellation. */
  readonly dataLost: boolean
  /** True once the page has requested persistent storage. */
  readonly storage: boolean
  /** Time of the last announced evaluation or probe, in milliseconds since the run's start. */
  readonly announcedAt: number
}

/** The file of weights that the next run of the form begins with. */
export type WeightsState =
  | { readonly status: 'none' }
  | { readonly status: 'reading'; readonly file: File }
  | { readonly status: 'refused'; readonly message: string }
  | {
      readonly status: 'ready'
      readonly file: File
      readonly report: WeightsReport
      /** The chosen part's beginning of names; null while the user has to choose among several. */
      readonly prefix: string | null
      /** The classifier begins with random weights. */
      readonly freshClassifier: boolean
    }

export interface LabState {
  readonly device: DeviceState
  readonly data: DataState
  /** Null without a dataset. */
  readonly audit: AuditState | null
  /** What was found about the images of a run after its end; null where nothing was. */
  readonly findings: { readonly runId: string; readonly text: string } | null
  /** The configuration in the form. A plan's runs leave it alone. */
  readonly config: RunConfig
  /** Key of a field → why its text is invalid. */
  readonly fieldErrors: Readonly<Record<string, string>>
  /** Key of a field → text that is being typed or was refused. */
  readonly drafts: Readonly<Record<string, string>>
  readonly run: RunState
  readonly live: LiveState
  readonly view: ViewState
  /** The sentence in the live region. */
  readonly status: string
  /** Progress of timing kernels before a run, or null. */
  readonly tuning: { readonly done: number; readonly total: number; readonly work: string } | null
  /** Progress of compiling the shaders that the run needs next, or null. */
  readonly compiling: { readonly done: number; readonly total: number } | null
  /** Progress of decoding images before a run, or null. */
  readonly preparing: { readonly done: number; readonly total: number; readonly cached: boolean } | null
  /** The browser's storage for runs; null until the worker has told. */
  readonly space: SpaceState | null
  /** Why what the run records, or a measurement, is not stored; null where it is. */
  readonly notStored: string | null
  /** Null until the worker has listed them. */
  readonly caches: CachesState | null
  /** The class whose images are shown, or null; its images are null until they arrive. */
  readonly classSamples: { readonly label: number; readonly samples: readonly Sample[] | null } | null
  /** Folders and archives of earlier visits, the newest first. */
  readonly recent: readonly RecentSource[]
  /** The next start times all kernels again. */
  readonly retune: boolean
  readonly weights: WeightsState
  /** Runs take their steps operation by operation instead of compiled. */
  readonly eager: boolean
  /** The screen stays on while a run trains. */
  readonly keepScreenOn: boolean
  /** Why the worker died or refused a command, or null. */
  readonly failure: string | null
  /** The micro-batch that fits the adapter, where the failure is that the configuration does not; else null. */
  readonly fittingMicroBatch: number | null
  /** Whether the configuration would fit the adapter with recomputation. */
  readonly fitsRecomputed: boolean
  /** The run that is being prepared to go on: its images are found and read. Null without one. */
  readonly resuming: string | null
  readonly resumeProblem: ResumeProblem | null
  /** The newest interruption of the live run that the page has recovered from; null without one, or once dismissed. */
  readonly recovered: Recovered | null
  readonly exporting: ExportState
  /** The name of the stored run that is being opened, or null. */
  readonly opening: string | null
  /** Why the last run could not be opened, or what of it was left out, as sentences. */
  readonly openingNotes: readonly string[]
  /** Opened runs whose folder had no checkpoint file, such as the examples, with the number of checkpoints that the log named. */
  readonly withoutCheckpoints: ReadonlyMap<string, number>
  readonly measuring: MeasuringState
  /** Null when nothing is measured during training. */
  readonly autoMeasure: AutoMeasureState | null
  readonly requests: RequestState
}

export interface ExportState {
  readonly active: boolean
  /** What the last export left out, or why it failed; null otherwise. */
  readonly note: string | null
}

/** Before a run nothing is timed, compiled or decoded. */
export const notPreparing = { tuning: null, compiling: null, preparing: null } satisfies Partial<LabState>

/** No failure, and so nothing that would help. */
export const noFailure = { failure: null, fittingMicroBatch: null, fitsRecomputed: false } satisfies Partial<LabState>
