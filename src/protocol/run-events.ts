/**
 * The events of a training run. An event goes from the training loop to the page, becomes a line of events.jsonl and
 * feeds every chart.
 */
import type { RunConfig } from '../config/config.ts'
import type { ClassInfo, Environment, GraphReport, SiteInfo, UsedImages } from './environment.ts'
import type { ResumedMark, RunParent } from './run-record.ts'

/** Selectivity of one site's units at a probe; each array has one entry per unit. */
export interface SiteProbe {
  readonly site: string
  readonly module: string
  readonly selectivity: readonly number[]
  /** Mean selectivity under shuffled labels. */
  readonly floor: readonly number[]
  /** Index into the run's classes. */
  readonly preferredClass: readonly number[]
  /** 1 where the unit is zero for all classes, else 0. */
  readonly dead: readonly number[]
}

/** Means over the units of one site at a probe. */
export interface SiteSummary {
  readonly site: string
  readonly module: string
  /** Number of units. */
  readonly units: number
  readonly selectivity: number
  readonly floor: number
  /** Number of dead units. */
  readonly dead: number
}

/** Aggregates over the units of a site or module. */
export interface SelectivitySummary {
  readonly units: number
  readonly selectivity: number
  readonly floor: number
  /** Quartiles over units: the band of the chart. */
  readonly lower: number
  readonly upper: number
  readonly floorLower: number
  readonly floorUpper: number
  /** Number of dead units. */
  readonly dead: number
}

export type EndReason = 'finished' | 'stopped' | 'diverged' | 'device-lost' | 'out-of-memory' | 'data-error' | 'error'

/** A point in training: the number of optimizer steps taken, also in epochs. Step 0 is the initialization. */
export interface Moment {
  readonly step: number
  readonly epoch: number
}

export interface StartEvent {
  readonly type: 'start'
  readonly config: RunConfig
  readonly environment: Environment
  readonly classes: readonly ClassInfo[]
  readonly sites: readonly SiteInfo[]
  readonly parameters: number
  readonly stepsPerEpoch: number
  readonly totalSteps: number
  readonly images: { readonly train: number; readonly validation: number; readonly probe: number }
  /** The step that the run resumes from, or at which a fork leaves its parent; 0 for a new run. */
  readonly fromStep: number
  /** Present where the run resumed. */
  readonly resumed?: ResumedMark
  /** Present for a fork and for a repetition. */
  readonly parent?: RunParent
}

export interface StepEvent extends Moment {
  readonly type: 'step'
  /** crossEntropy − alpha · penalty */
  readonly loss: number
  readonly crossEntropy: number
  /** The regularizer's R: selectivity in this batch. Also measured at α = 0. */
  readonly penalty: number
  /** The α that this step applied. */
  readonly alpha: number
  /** True while the user controls α, false while the schedule does. */
  readonly held: boolean
  readonly learningRate: number
  /** Shares of the batch, between 0 and 1. */
  readonly top1: number
  readonly top5: number
  readonly images: number
  /** Bytes that the backend holds on the GPU after the step. */
  readonly gpuBytes: number
}

export interface EvaluationEvent extends Moment {
  readonly type: 'evaluation'
  readonly split: 'validation'
  readonly images: number
  readonly loss: number
  readonly crossEntropy: number
  readonly top1: number
  readonly top5: number
}

export interface ProbeEvent extends Moment {
  readonly type: 'probe'
  readonly images: number
  /** Mean over the modules. */
  readonly network: { readonly selectivity: number; readonly floor: number }
  readonly modules: readonly ({ readonly module: string } & SelectivitySummary)[]
  readonly sites: readonly SiteProbe[]
}

export interface CheckpointEvent extends Moment {
  readonly type: 'checkpoint'
  /** File name, `epoch-0000.safetensors`. */
  readonly file: string
  readonly bytes: number
  /** SHA-256 of the file, hexadecimal; absent in records of earlier versions. */
  readonly sha256?: string
}

/** The run's current activity, for the progress display. */
export interface ActivityEvent extends Moment {
  readonly type: 'activity'
  readonly activity: 'preparing' | 'training' | 'evaluating' | 'probing' | 'saving' | 'paused'
}

/** Reports a graph after its first execution, and again once its JavaScript time is known. */
export interface GraphEvent extends Moment {
  readonly type: 'graph'
  readonly graph: GraphReport
}

/** A problem that does not end the run. */
export interface WarningEvent extends Moment {
  readonly type: 'warning'
  readonly message: string
}

/** The images of a run, as its record names them. */
export interface DataName {
  /** `cifar10`, or a path. */
  readonly source: string
  readonly fingerprint: string
  readonly contents: string | null
  readonly used?: UsedImages
}

/** A resumed run that goes on with images at another path, or with other images, which the user accepted. */
export interface DataEvent extends Moment {
  readonly type: 'data'
  readonly change: 'moved' | 'changed'
  readonly from: DataName
  readonly to: DataName
  /** What differs, as a clause; empty where only the path does. */
  readonly what: string
}

export interface EndEvent extends Moment {
  readonly type: 'end'
  readonly reason: EndReason
  /** One sentence: what happened. */
  readonly message: string
  /** One sentence: what to try; may be empty. */
  readonly advice: string
}

export type RunEvent =
  | StartEvent
  | StepEvent
  | EvaluationEvent
  | ProbeEvent
  | CheckpointEvent
  | ActivityEvent
  | GraphEvent
  | WarningEvent
  | DataEvent
  | EndEvent

/** An event with the host's clock: `time` is milliseconds since the run's start. The engine itself has no clock. */
export type RecordedEvent = RunEvent & { readonly time: number }

/** Where a run's folder has the values of all units at a probe. */
export type UnitsPlace =
  /** A record of units.bin, with its checksum. */
  | { readonly kind: 'record'; readonly index: number; readonly crc32: number }
  /** In records of format 1: the probe's own line of events.jsonl, by its place in bytes. */
  | { readonly kind: 'line'; readonly at: number; readonly bytes: number }

/** A probe as events.jsonl records it: the units are beside it. */
export interface LoggedProbe extends Omit<ProbeEvent, 'sites'> {
  readonly sites: readonly SiteSummary[]
  /** Null where the units were not kept. */
  readonly units: UnitsPlace | null
}

/** A line of events.jsonl. */
export type LoggedEvent = (Exclude<RunEvent, ProbeEvent> | LoggedProbe) & { readonly time: number }
