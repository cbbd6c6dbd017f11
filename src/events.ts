/**
 * The wire format. A RunEvent goes from the training loop to the page, to a line of events.jsonl and into
 * every chart; a LabCommand goes from the page to the worker. Types only.
 */
import type { RunConfig } from './config/config.ts'

export interface ClassInfo {
  /** The folder's name, for instance a wnid. */
  readonly id: string
  readonly name: string
}

export interface SiteInfo {
  /** `layer1.0` … */
  readonly name: string
  /** `layer1` … `layer4` */
  readonly module: string
  readonly units: number
}

export interface AdapterReport {
  /** For people: "NVIDIA H200" or "SwiftShader (software)". */
  readonly name: string
  readonly vendor: string
  readonly architecture: string
  readonly device: string
  readonly description: string
  /** True when a CPU stands in for a GPU. */
  readonly software: boolean
  readonly features: readonly string[]
  readonly limits: Readonly<Record<string, number>>
}

export interface Environment {
  readonly lab: string
  /** "Node 22.1.0, linux x64" or the browser's user agent. */
  readonly host: string
  readonly versions: Readonly<Record<string, string>>
  readonly adapter: AdapterReport
  /** Where the driver came from, in Node: "system Vulkan", or the path of a Chromium's SwiftShader. */
  readonly driver?: string
  /** Variants of the kernels that timing chose (work → variant); what is not named is chosen by its shape. */
  readonly kernels?: { readonly version: number; readonly choices: Readonly<Record<string, string>> }
  /** What the run's steps, evaluations and probes asked of the GPU, as known at the end of the record. */
  readonly graphs?: readonly GraphReport[]
  readonly data: { readonly source: string; readonly fingerprint: string; readonly classes: readonly ClassInfo[] }
}

/** Whether kernels are timed before a run: where timings are missing, all anew, or not at all. */
export type Tuning = 'auto' | 'again' | 'untuned'

/** Selectivity of one site's units at a probe; each array has one entry a unit. */
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
  /** How many units are dead. */
  readonly dead: number
}

export type EndReason = 'finished' | 'stopped' | 'diverged' | 'device-lost' | 'out-of-memory' | 'data-error' | 'error'

/** When something was seen: optimizer steps taken so far, and the same in epochs. Step 0 is the initialisation. */
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
  /** The step of the checkpoint that the run goes on from; 0 for a new run. */
  readonly fromStep: number
}

export interface StepEvent extends Moment {
  readonly type: 'step'
  /** crossEntropy − alpha · penalty */
  readonly loss: number
  readonly crossEntropy: number
  /** R of the regularizer: selectivity in this batch. Measured at α = 0 too. */
  readonly penalty: number
  /** As applied. */
  readonly alpha: number
  /** True while the user holds the control, false while the schedule has it. */
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
}

/** What the run is doing, for the progress display. */
export interface ActivityEvent extends Moment {
  readonly type: 'activity'
  readonly activity: 'preparing' | 'training' | 'evaluating' | 'probing' | 'saving' | 'paused'
}

/** What a run of a graph (a training step, an evaluation of a batch) asks of the GPU. */
export interface GraphReport {
  readonly name: string
  readonly compiled: boolean
  /** Why it could not be compiled, or null. */
  readonly refusal: string | null
  readonly dispatches: number
  readonly submits: number
  readonly uploadedBytes: number
  /** The most bytes that were in use at one time, weights included. */
  readonly peakBytes: number
  /** Intermediates without and with a plan, and the least that is possible; null where nothing is planned. */
  readonly unplannedBytes: number | null
  readonly plannedBytes: number | null
  readonly liveBytes: number | null
  /** Median of the last runs' time in JavaScript; null where it was not measured. */
  readonly scriptMilliseconds: number | null
}

/** Told when a graph has run for the first time, and again once its time has been measured. */
export interface GraphEvent extends Moment {
  readonly type: 'graph'
  readonly graph: GraphReport
}

/** Something went wrong that does not end the run. */
export interface WarningEvent extends Moment {
  readonly type: 'warning'
  readonly message: string
}

export interface EndEvent extends Moment {
  readonly type: 'end'
  readonly reason: EndReason
  /** One sentence: what happened. */
  readonly message: string
  /** One sentence: what to try, or empty. */
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
  | EndEvent

/** As the host records it: `time` is milliseconds since the run's start. The engine itself has no clock. */
export type RecordedEvent = RunEvent & { readonly time: number }

/** Images whose shorter side is at least `from` and below `to`, in pixels. */
export interface SizeBin {
  readonly from: number
  readonly to: number
  readonly images: number
  /** Sum over the images of longer by shorter side. */
  readonly aspect: number
}

/** Decoded images that are kept between visits, with a shorter side of at most `side` pixels. */
export interface CacheInfo {
  readonly id: string
  /** The source that they came from first. */
  readonly source: string
  readonly side: number
  readonly images: number
  readonly bytes: number
}

/** What a data set holds, as found by reading it. */
export interface DataReport {
  readonly source: string
  readonly classes: readonly (ClassInfo & { readonly train: number; readonly validation: number })[]
  readonly images: { readonly train: number; readonly validation: number }
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[]
  /** Groups of paths with the same bytes. */
  readonly duplicates: readonly (readonly string[])[]
  /** How many held-out images are among the training images too. */
  readonly leaked: number
  /** Of all image files, as listed; files whose size is only known once they are read count 0. */
  readonly bytes: number
  readonly sizes: {
    readonly minWidth: number
    readonly maxWidth: number
    readonly minHeight: number
    readonly maxHeight: number
    /** By shorter side, ascending; empty bins are left out. */
    readonly histogram: readonly SizeBin[]
  }
  /** How many images are stored without color, in print colors, or with a palette; all are read as RGB. */
  readonly colors: { readonly grey: number; readonly cmyk: number; readonly palette: number }
  /** How many images are of each format: `jpeg`, `png`, … */
  readonly formats: Readonly<Record<string, number>>
  /** Files that the images are: an only image of its class is in both splits. */
  readonly files: number
  /** Of them, those that were read and decoded; fewer than all where the check was skipped. */
  readonly checked: number
  /** SHA-256 over the classes, paths and sizes in bytes of all listed images, whatever their order; hexadecimal. */
  readonly fingerprint: string
  /** The same over classes, paths and contents of the readable images; null where the check was skipped. */
  readonly contents: string | null
  /** What a user should know and is not an error: ignored files, imbalance, a split that was made. */
  readonly notes: readonly string[]
}

export interface Sample {
  /** Index into the report's classes. */
  readonly label: number
  readonly path: string
  readonly width: number
  readonly height: number
  /** RGBA, 8 bit. */
  readonly rgba: Uint8ClampedArray<ArrayBuffer>
}

export interface PathFile {
  /** Path inside what was dropped, with `/`. */
  readonly path: string
  readonly file: File
}

export type DataInput =
  | { readonly kind: 'cifar10' }
  | { readonly kind: 'files'; readonly name: string; readonly files: readonly PathFile[] }
  | { readonly kind: 'archive'; readonly file: File }
  | { readonly kind: 'handles'; readonly name: string; readonly handles: readonly FileSystemHandle[] }

/** A run whose checkpoints are measured: what the worker needs to find its weights and images again. */
export interface MeasuredRun {
  readonly id: string
  readonly config: RunConfig
  /** Ids of the classes that the network was trained on. */
  readonly classes: readonly string[]
  readonly kernels: Environment['kernels']
  /** Of the data. */
  readonly fingerprint: string
}

/** A checkpoint by its file, `epoch-0001.safetensors`. */
export interface CheckpointName {
  readonly file: string
  readonly epoch: number
}

/** `mean`: the unit's mean over the probe set. */
export type AblationMode = 'zero' | 'mean'

/** Most selective first, at random, or least selective first. */
export type AblationOrder = 'selective' | 'random' | 'least'

/** A point of a cumulative curve: `n` units ablated in each site of a module. `draw` counts the random orders. */
export interface CurvePointName {
  readonly module: string
  readonly order: AblationOrder
  readonly draw: number
  readonly n: number
}

export interface CurvesMeasurement {
  readonly kind: 'curves'
  readonly checkpoints: readonly CheckpointName[]
  readonly mode: AblationMode
  readonly modules: readonly string[]
  readonly orders: readonly AblationOrder[]
  /** Random orders. */
  readonly draws: number
  /** Points of a curve, from no unit to all. */
  readonly points: number
  /** Checkpoint → points that are there already. */
  readonly known: Readonly<Record<string, readonly CurvePointName[]>>
}

export interface EffectsMeasurement {
  readonly kind: 'effects'
  readonly checkpoints: readonly CheckpointName[]
  readonly mode: AblationMode
  /** All units of the modules, a sample of so many of each, or those that are named, by site. */
  readonly units:
    | { readonly modules: readonly string[]; readonly sample: number | null }
    | Readonly<Record<string, readonly number[]>>
  /** Checkpoint → site → units that are there already. */
  readonly known: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>
}

export interface LinearityMeasurement {
  readonly kind: 'linearity'
  readonly checkpoints: readonly CheckpointName[]
}

export type IndexName = 'selectivity' | 'ccmas' | 'dprime' | 'precision'

export interface IndicesMeasurement {
  readonly kind: 'indices'
  readonly checkpoints: readonly CheckpointName[]
  readonly indices: readonly IndexName[]
}

/** What one unit responds to. The worker keeps all units of the last checkpoint, so that the next unit is at hand. */
export interface ProfileMeasurement {
  readonly kind: 'profile'
  readonly checkpoints: readonly [CheckpointName]
  readonly site: string
  readonly unit: number
  /** How many of the most activating images are shown. */
  readonly top: number
}

export type Measurement =
  | CurvesMeasurement
  | EffectsMeasurement
  | LinearityMeasurement
  | IndicesMeasurement
  | ProfileMeasurement

/** Tables that measurements fill; runs/tables.ts has their columns. */
export type MeasuredTable = 'curves' | 'units' | 'linearity' | 'indices'

export type MeasuredCells = Readonly<Record<string, string | number>>

/** An image that activates a unit, and how much. */
export interface ActivatingImage {
  readonly sample: Sample
  readonly activation: number
}

export interface UnitProfile {
  readonly checkpoint: string
  readonly site: string
  readonly unit: number
  readonly selectivity: number
  /** Index into the run's classes. */
  readonly preferredClass: number
  /** Zero for all classes. */
  readonly dead: boolean
  /** Mean activation of each class's images; NaN for a class without images. */
  readonly tuning: readonly number[]
  /** The most activating first. */
  readonly top: readonly ActivatingImage[]
}

/** Spearman's ρ with its bootstrap interval of 95 %. */
export interface RankCorrelation {
  readonly rho: number
  readonly lower: number
  readonly upper: number
}

/** What is lost without a unit; positive numbers are harm. */
export type ImpactName = 'lossIncrease' | 'top1Drop' | 'preferredTop1Drop'

export interface UnitImpact extends Readonly<Record<ImpactName, number>> {
  readonly module: string
  readonly selectivity: number
}

export interface ImpactCorrelation extends Readonly<Record<ImpactName, RankCorrelation>> {
  readonly module: string
  readonly units: number
}

/** Page → worker. */
export type LabCommand =
  | {
      readonly type: 'read-data'
      /** The answers to it bear the same number. */
      readonly request: number
      readonly input: DataInput
      readonly validationFraction: number
      readonly seed: number
      /** Shorter side, in pixels, at which images are kept while they are checked. */
      readonly side: number
    }
  | { readonly type: 'cancel-reading' }
  /** Takes the images that were not read yet as they are listed. */
  | { readonly type: 'skip-checks' }
  /** Asks for a `caches` message. */
  | { readonly type: 'list-caches' }
  | { readonly type: 'delete-cache'; readonly id: string }
  /** Asks for a `samples` message: images of a class, by its index in the report. */
  | { readonly type: 'show-class'; readonly label: number }
  | {
      readonly type: 'start'
      readonly config: RunConfig
      readonly runId: string
      readonly tuning: Tuning
      readonly eager: boolean
    }
  /** Ends the timing of kernels; the run starts with what is known. */
  | { readonly type: 'skip-tuning' }
  | { readonly type: 'alpha'; readonly value: number }
  | { readonly type: 'hand-back' }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'step' }
  | { readonly type: 'stop' }
  /** The run on pauses after the checkpoints of these epochs, so that they can be measured; its last one aside. */
  | { readonly type: 'hold-at'; readonly epochs: readonly number[] }
  /** Measures checkpoints of a run that has ended or is paused; taking steps cancels it. Answered by `measured` or `profile`, then `measure-finished` or `measure-failed`. */
  | {
      readonly type: 'measure'
      /** The answers to it bear the same number. */
      readonly request: number
      readonly run: MeasuredRun
      readonly measurement: Measurement
    }
  | { readonly type: 'cancel-measure' }
  /** Asks for a `correlated` message: how impact goes with selectivity over units that were ablated. */
  | {
      readonly type: 'correlate'
      readonly runId: string
      readonly checkpoint: string
      readonly mode: AblationMode
      readonly seed: number
      readonly units: readonly UnitImpact[]
    }

/** Worker → page. */
export type LabMessage =
  | { readonly type: 'device'; readonly adapter: AdapterReport }
  | {
      readonly type: 'device-refused'
      readonly reason: 'no-webgpu' | 'no-adapter' | 'self-test' | 'error'
      readonly message: string
    }
  /** A `total` of 0 while files are still being looked for: `done` is how many were found. */
  /** `total` is 0 while files are still being found. */
  | { readonly type: 'reading'; readonly request: number; readonly done: number; readonly total: number }
  | {
      readonly type: 'data'
      readonly request: number
      readonly report: DataReport
      readonly samples: readonly Sample[]
      /** Seconds that an image took to read, check and keep; null where none was read anew. */
      readonly secondsPerImage: number | null
    }
  | { readonly type: 'samples'; readonly label: number; readonly samples: readonly Sample[] }
  /** Images of a run are being decoded before it starts; `kept` is false where there is no room to keep them. */
  | { readonly type: 'preparing'; readonly done: number; readonly total: number; readonly kept: boolean }
  | {
      readonly type: 'caches'
      readonly caches: readonly CacheInfo[]
      /** Bytes that may still be kept; null where the browser does not tell. */
      readonly free: number | null
    }
  | {
      readonly type: 'data-refused'
      readonly request: number
      readonly message: string
      readonly cancelled: boolean
    }
  /** Kernels are being timed before a run; `done` equals `total` at the end. */
  | { readonly type: 'tuning'; readonly done: number; readonly total: number; readonly work: string }
  | { readonly type: 'event'; readonly event: RecordedEvent }
  | { readonly type: 'failure'; readonly message: string }
  /** `done` of `total` checkpoints, with a fraction. */
  | {
      readonly type: 'measuring'
      readonly request: number
      readonly done: number
      readonly total: number
      /** Null while it cannot be told. */
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
