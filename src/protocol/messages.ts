/** The worker's messages to the page. */
import type { CacheInfo, DataReport, Sample } from './data-report.ts'
import type { AdapterReport } from './environment.ts'
import type { AblationMode, ImpactCorrelation, MeasuredCells, MeasuredTable, UnitProfile } from './measurement.ts'
import type { LoggedEvent } from './run-events.ts'
import type { WeightsReport } from './weights-report.ts'

export type LabMessage =
  | { readonly type: 'device'; readonly adapter: AdapterReport }
  | {
      readonly type: 'device-refused'
      readonly reason: 'no-webgpu' | 'no-adapter' | 'self-test' | 'error'
      readonly message: string
    }
  /** Progress of listing the files of a dataset: the number of files that were found. */
  | { readonly type: 'reading'; readonly request: number; readonly done: number }
  | {
      readonly type: 'data'
      readonly request: number
      readonly report: DataReport
      readonly samples: readonly Sample[]
      /** Seconds per image for reading, checking and caching; null before any was read so. */
      readonly secondsPerImage: number | null
    }
  /** Progress of reading the images of the dataset in the background. */
  | {
      readonly type: 'auditing'
      readonly request: number
      readonly done: number
      readonly total: number
      /** For reading, checking and caching; null while a run trains, and before enough images were read. */
      readonly secondsPerImage: number | null
    }
  /** Reading in the background has ended: with all images, unless it was stopped, or failed for the reason `message`. */
  | {
      readonly type: 'audited'
      readonly request: number
      readonly report: DataReport
      /** Absent where they are the same as before. */
      readonly samples?: readonly Sample[]
      readonly message: string | null
    }
  /** What reading all images has shown about those that a run has used, after the run has ended. */
  | { readonly type: 'findings'; readonly runId: string; readonly text: string }
  | { readonly type: 'samples'; readonly label: number; readonly samples: readonly Sample[] }
  /** Progress of decoding before a run starts; `cached` is false when the cache has no room for the images. */
  | { readonly type: 'preparing'; readonly done: number; readonly total: number; readonly cached: boolean }
  | {
      readonly type: 'caches'
      readonly caches: readonly CacheInfo[]
      /** Bytes that the caches may still use; null when the browser does not report them. */
      readonly free: number | null
    }
  | {
      readonly type: 'data-refused'
      readonly request: number
      readonly message: string
      readonly cancelled: boolean
    }
  | { readonly type: 'weights'; readonly request: number; readonly report: WeightsReport }
  | { readonly type: 'weights-refused'; readonly request: number; readonly message: string }
  /** Progress of timing kernels before a run; `done` equals `total` at the end. */
  | { readonly type: 'tuning'; readonly done: number; readonly total: number; readonly work: string }
  /** Progress of compiling the shaders that a run needs next; `done` equals `total` at the end. */
  | { readonly type: 'compiling'; readonly done: number; readonly total: number }
  /** `units`: the record of a probe's units, as units.bin has it. */
  | { readonly type: 'event'; readonly event: LoggedEvent; readonly units?: Uint8Array }
  /** The state after a step is saved, and so are all events that were posted before: the run can resume from there. */
  | { readonly type: 'resume-point'; readonly runId: string; readonly step: number; readonly epoch: number }
  /** Why what the run records is not stored, and is lost when the page closes; null once it is stored again. */
  | { readonly type: 'not-stored'; readonly runId: string; readonly message: string | null }
  /** The browser's storage: bytes of all runs, and bytes that are free, null where the browser does not say. */
  | {
      readonly type: 'storage'
      readonly used: number
      readonly free: number | null
      /** Whether the browser never deletes it by itself. */
      readonly persisted: boolean
    }
  /** The run failed, or could not start. */
  | {
      readonly type: 'failure'
      readonly message: string
      /** The micro-batch that would fit the adapter. */
      readonly microBatchSize?: number
      /** Whether the run would fit the adapter with recomputation. */
      readonly recompute?: boolean
      /** A run could not be resumed, because its images have changed: the user may accept that. */
      readonly changedImages?: boolean
    }
  | { readonly type: 'cache-not-deleted'; readonly message: string }
  /** Progress of a measurement: `done` of `total` checkpoints, with a fraction. */
  | {
      readonly type: 'measuring'
      readonly request: number
      readonly done: number
      readonly total: number
      /** Null until an estimate is possible. */
      readonly secondsLeft: number | null
    }
  | {
      readonly type: 'measured'
      readonly runId: string
      readonly table: MeasuredTable
      readonly rows: readonly MeasuredCells[]
    }
  | { readonly type: 'profile'; readonly runId: string; readonly profile: UnitProfile }
  | { readonly type: 'measure-finished'; readonly request: number }
  | {
      readonly type: 'measure-failed'
      readonly request: number
      readonly message: string
      readonly cancelled: boolean
    }
  | {
      readonly type: 'correlated'
      readonly runId: string
      readonly checkpoint: string
      readonly mode: AblationMode
      readonly modules: readonly ImpactCorrelation[]
    }

const messageTypes: Readonly<Record<LabMessage['type'], true>> = {
  device: true,
  'device-refused': true,
  reading: true,
  data: true,
  auditing: true,
  audited: true,
  findings: true,
  samples: true,
  preparing: true,
  caches: true,
  'data-refused': true,
  weights: true,
  'weights-refused': true,
  tuning: true,
  compiling: true,
  event: true,
  'resume-point': true,
  'not-stored': true,
  storage: true,
  failure: true,
  'cache-not-deleted': true,
  measuring: true,
  measured: true,
  profile: true,
  'measure-finished': true,
  'measure-failed': true,
  correlated: true,
}

/** Narrows data that the worker posted; null when it is no message of the lab. */
export function parseMessage(data: unknown): LabMessage | null {
  if (typeof data !== 'object' || data === null || !('type' in data)) return null
  return typeof data.type === 'string' && Object.hasOwn(messageTypes, data.type) ? (data as LabMessage) : null
}
