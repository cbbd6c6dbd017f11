/** Measurements of a run's checkpoints: requests and results. Types only. */
import type { RunConfig } from '../config/config.ts'
import type { Sample } from './data-report.ts'
import type { DataRecord, Environment } from './environment.ts'

/** A run to measure: everything that the worker needs to find its weights and images again. */
export interface MeasuredRun extends Pick<DataRecord, 'fingerprint' | 'contents' | 'images' | 'used'> {
  readonly id: string
  readonly config: RunConfig
  /** Ids of the classes that the network was trained on. */
  readonly classes: readonly string[]
  readonly kernels: Environment['kernels']
}

/** A checkpoint and its file, `epoch-0001.safetensors`. */
export interface CheckpointName {
  readonly file: string
  readonly epoch: number
}

/** Replaces an ablated unit's output by 0, or by the unit's mean over the probe set. */
export type AblationMode = 'zero' | 'mean'

/** Most selective first, at random, or least selective first. */
export type AblationOrder = 'selective' | 'random' | 'least'

/** A point of a cumulative curve: `n` units ablated in each site of a module. `draw` numbers the random orders. */
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
  /** Number of random orders. */
  readonly draws: number
  /** Number of points of a curve, from no unit to all units. */
  readonly points: number
  /** Checkpoint → points that were measured earlier. */
  readonly known: Readonly<Record<string, readonly CurvePointName[]>>
}

export interface EffectsMeasurement {
  readonly kind: 'effects'
  readonly checkpoints: readonly CheckpointName[]
  readonly mode: AblationMode
  /** All units of the modules, a seeded sample of `sample` units per module, or the listed units of each site. */
  readonly units:
    | { readonly modules: readonly string[]; readonly sample: number | null }
    | Readonly<Record<string, readonly number[]>>
  /** Checkpoint → site → units that were measured earlier. */
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

/**
 * Requests the profile of one unit. The worker caches all units of the latest checkpoint, so the next unit is quick.
 */
export interface ProfileMeasurement {
  readonly kind: 'profile'
  readonly checkpoints: readonly [CheckpointName]
  readonly site: string
  readonly unit: number
  /** Number of most activating images to return. */
  readonly top: number
}

export type Measurement =
  | CurvesMeasurement
  | EffectsMeasurement
  | LinearityMeasurement
  | IndicesMeasurement
  | ProfileMeasurement

/** Names of the tables that measurements fill; runs/tables.ts has their columns. */
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
  /** True when the unit is zero for all classes. */
  readonly dead: boolean
  /** Mean activation over each class's images; NaN for a class without images. */
  readonly tuning: readonly number[]
  /** The most activating image first. */
  readonly top: readonly ActivatingImage[]
}

/** Spearman's ρ with its 95 % bootstrap interval. */
export interface RankCorrelation {
  readonly rho: number
  readonly lower: number
  readonly upper: number
}

/** The change of the network's scores without a unit; positive numbers are harm. */
export type ImpactName = 'lossIncrease' | 'top1Drop' | 'preferredTop1Drop'

export interface UnitImpact extends Readonly<Record<ImpactName, number>> {
  readonly module: string
  readonly selectivity: number
}

export interface ImpactCorrelation extends Readonly<Record<ImpactName, RankCorrelation>> {
  readonly module: string
  readonly units: number
}
