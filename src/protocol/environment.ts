/** The environment of a run: classes, sites, the GPU adapter and the software. Types only. */

import type { RunClassOrder } from '../class-order.ts'

export interface ClassInfo {
  /** The folder's name, for instance a WordNet id such as n01440764. */
  readonly id: string
  readonly name: string
}

export interface SiteInfo {
  /** `layer1.0` … `layer4.2` */
  readonly name: string
  /** `layer1` … `layer4` */
  readonly module: string
  readonly units: number
}

export interface AdapterReport {
  /** For display: "NVIDIA H200" or "SwiftShader (software)". */
  readonly name: string
  readonly vendor: string
  readonly architecture: string
  readonly device: string
  readonly description: string
  /** True when the CPU emulates the GPU. */
  readonly software: boolean
  readonly features: readonly string[]
  readonly limits: Readonly<Record<string, number>>
}

/** The GPU work of one execution of a graph, such as a training step or the evaluation of a batch. */
export interface GraphReport {
  readonly name: string
  readonly compiled: boolean
  /** How activations and their gradients are stored; absent for f32. */
  readonly activations?: 'f16'
  /** Why the graph could not be compiled, or null. */
  readonly refusal: string | null
  readonly dispatches: number
  readonly submits: number
  readonly uploadedBytes: number
  /** The most bytes in use at one time, weights included. */
  readonly peakBytes: number
  /** Bytes of intermediates without and with a memory plan, and the lower bound; null for an uncompiled graph. */
  readonly unplannedBytes: number | null
  readonly plannedBytes: number | null
  readonly liveBytes: number | null
  /** Median JavaScript time of the latest executions, in milliseconds; null when not measured. */
  readonly scriptMilliseconds: number | null
}

/** A kernel variant that the tuner excludes on this adapter because it fails or computes wrong values. */
export interface RejectedVariant {
  /** Operation and sizes, as in `choices`. */
  readonly work: string
  readonly variant: string
  /** The reason in one line. */
  readonly reason: string
}

/** Hashes over the classes, paths and contents of a run's own images; hexadecimal. */
export interface UsedImages {
  /** Null where the training images were not read. */
  readonly train: string | null
  readonly validation: string
}

/** The dataset of a run, as its report described it. Older records lack `contents`, `images` and `used`. */
export interface DataRecord {
  readonly source: string
  /** SHA-256 over the classes, paths and sizes of the files. */
  readonly fingerprint: string
  /** SHA-256 over the classes, paths and contents of the images; null if not all of them had been read. */
  readonly contents?: string | null
  /** Numbers of images of the whole dataset, before the run's selection; with `used`, also of those that cannot be read. */
  readonly images?: { readonly train: number; readonly validation: number }
  /** Present where the run drew its images from the list, and not from those that had been found readable. */
  readonly used?: UsedImages
  /** The run's classes, in the order of the classifier's rows. */
  readonly classes: readonly ClassInfo[]
  /** How they were ordered; absent in records of earlier versions. */
  readonly classOrder?: RunClassOrder
}

export interface Environment {
  readonly lab: string
  /** "Node 22.1.0, linux x64" or the browser's user agent. */
  readonly host: string
  readonly versions: Readonly<Record<string, string>>
  readonly adapter: AdapterReport
  /** Where Node found the driver: "system Vulkan", or the path of a Chromium's SwiftShader. */
  readonly driver?: string
  /** Kernel variants that the tuner chose (work → variant). The shape decides about works that are not listed. */
  readonly kernels?: {
    readonly version: number
    readonly choices: Readonly<Record<string, string>>
    /** Variants that failed the tuner's check; absent without any. */
    readonly rejected?: readonly RejectedVariant[]
  }
  /** GPU use of the run's steps, evaluations and probes, as known at the end of the record. */
  readonly graphs?: readonly GraphReport[]
  readonly data: DataRecord
  /** The weights that the run began with; absent where they were all random. */
  readonly initial?: InitialRecord
}

/** Weights from a file, as a run began with them. */
export interface InitialRecord {
  /** The name of the file, without its folder. */
  readonly file: string
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string
  /** Removed from the names of the file's tensors; empty for none. */
  readonly prefix: string
  /** The types of the tensors in the file: F32, or types that were widened to it. */
  readonly dtypes: readonly string[]
  /** Weights that were not taken from the file, but have the seeded initial values. */
  readonly fresh: readonly string[]
  /**
   * The classifier's rows: in the order of the file's classes (`same`), in another order by the file's list of classes
   * (`remapped`), as they are because the file lists no classes (`unknown`), or not from the file (`fresh`).
   */
  readonly classes: 'same' | 'remapped' | 'unknown' | 'fresh'
}

/** When the tuner times kernels before a run: where timings are missing, all of them again, or never. */
export type Tuning = 'auto' | 'again' | 'untuned'
