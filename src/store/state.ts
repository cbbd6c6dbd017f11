/** What the page shows besides the curves: types of the store's state. Step-rate numbers live in series.ts. */
import type { RunConfig } from '../config/config.ts'
import type { CacheInfo, DataReport, Sample } from '../protocol/data-report.ts'
import type { AdapterReport } from '../protocol/environment.ts'
import type { Measurement, UnitProfile } from '../protocol/measurement.ts'
import type { LabMessage } from '../protocol/messages.ts'
import type { EndEvent, Moment } from '../protocol/run-events.ts'
import type { DuringState } from './during.ts'
import type { RecentSource } from './sources.ts'

export type DeviceState =
  | { readonly status: 'starting' }
  | { readonly status: 'ready'; readonly adapter: AdapterReport }
  | {
      readonly status: 'refused'
      readonly reason: Extract<LabMessage, { type: 'device-refused' }>['reason']
      readonly message: string
    }

export interface LoadedData {
  readonly report: DataReport
  readonly samples: readonly Sample[]
  /** Seconds that an image took to read, check and keep; null where none was read anew. */
  readonly secondsPerImage: number | null
}

/** Decoded images that are kept between visits. */
export interface CachesState {
  readonly caches: readonly CacheInfo[]
  /** Bytes that may still be kept; null where the browser does not tell. */
  readonly free: number | null
}

/** What was read before stays usable while, and after, another source is tried. */
export type DataState =
  | { readonly status: 'none' }
  | {
      readonly status: 'reading'
      readonly name: string
      readonly done: number
      /** 0 while files are still being looked for; `done` is then how many were found. */
      readonly total: number
      /** Milliseconds, or null while they cannot be told. */
      readonly left: number | null
      /** True once the user does without the check. */
      readonly skipping: boolean
      readonly previous: LoadedData | null
    }
  | ({ readonly status: 'ready' } & LoadedData)
  | { readonly status: 'refused'; readonly message: string; readonly previous: LoadedData | null }

export type RunStatus = 'idle' | 'starting' | 'running' | 'paused' | 'stopping' | 'ended'

export interface LiveState {
  /** What the user's control is set to; applied only while `held` and `on`. */
  readonly alpha: number
  readonly on: boolean
  /** True while the user holds the control, false while the schedule has it. */
  readonly held: boolean
}

export type XUnit = 'epoch' | 'step' | 'time'

/** What all charts share: unit of x, zoomed range (in steps), the cursor and the selected moment (steps). */
export interface ViewState {
  readonly x: XUnit
  readonly range: readonly [number, number] | null
  readonly cursor: number | null
  /** The moment that all views show; null follows the newest probe. */
  readonly moment: number | null
  readonly site: string | null
  /** Of the site, or null while the site as a whole is looked at. */
  readonly unit: number | null
}

/** Measurements of the run at hand. */
export interface MeasuringState {
  readonly current: {
    readonly runId: string
    readonly measurement: Measurement
    /** Checkpoints, with a fraction. */
    readonly done: number
    readonly total: number
    /** Milliseconds, or null while they cannot be told. */
    readonly left: number | null
    readonly cancelling: boolean
  } | null
  /** What ended early on the run that is shown, and can be gone on with. */
  readonly unfinished: Measurement | null
  /** Whether the last one came to its end; null before the first. */
  readonly finished: boolean | null
  /** How the last one ended, or null where it simply did. */
  readonly note: { readonly kind: Measurement['kind']; readonly text: string } | null
  /** The unit that was looked at last, with its run. */
  readonly profile: (UnitProfile & { readonly runId: string }) | null
}

export const notMeasuring: MeasuringState = {
  current: null,
  unfinished: null,
  finished: null,
  note: null,
  profile: null,
}

export interface LabState {
  readonly device: DeviceState
  readonly data: DataState
  readonly config: RunConfig
  /** Key of the field → what is wrong with what the user typed. */
  readonly fieldErrors: Readonly<Record<string, string>>
  /** Key of the field → text as it is being typed, or as it was refused; nothing typed is lost. */
  readonly drafts: Readonly<Record<string, string>>
  readonly run: {
    readonly status: RunStatus
    readonly id: string | null
    readonly end: EndEvent | null
    /** Where the run is; updated at most 4 times a second. */
    readonly moment: Moment
  }
  readonly live: LiveState
  readonly view: ViewState
  /** The sentence for the live region. */
  readonly status: string
  /** Kernels are being timed before a run, or null. */
  readonly tuning: { readonly done: number; readonly total: number; readonly work: string } | null
  /** Images are being decoded before a run, or null. */
  readonly preparing: { readonly done: number; readonly total: number; readonly kept: boolean } | null
  /** Null until the worker has told. */
  readonly caches: CachesState | null
  /** The class that is looked at, or null; its images are null until they are there. */
  readonly classSamples: { readonly label: number; readonly samples: readonly Sample[] | null } | null
  /** Folders and archives of earlier visits, the newest first. */
  readonly recent: readonly RecentSource[]
  /** The next start times all kernels anew. */
  readonly retune: boolean
  /** Runs take their steps operation by operation instead of compiled. */
  readonly eager: boolean
  /** The worker died or refused a command. */
  readonly failure: string | null
  readonly exporting: ExportState
  readonly measuring: MeasuringState
  /** What is measured while the run trains, or null. */
  readonly during: DuringState | null
}

export interface ExportState {
  readonly active: boolean
  /** What the last export left out or why it failed, or null. */
  readonly note: string | null
}
