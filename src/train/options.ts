/** The arguments that a host gives to a training run. */
import type { RunConfig } from '../config/config.ts'
import type { ImageSet } from '../data/source.ts'
import type { Gpu } from '../gpu/read.ts'
import type { FittedWeights } from '../model/fit.ts'
import type { TensorFile } from '../model/safetensors.ts'
import type { Environment } from '../protocol/environment.ts'
import type { Live } from './live.ts'

/** The state that an interrupted run resumes from. */
export interface Resume {
  /** A checkpoint at the end of an epoch. */
  readonly weights: TensorFile
  /** The momentum buffers of the same step; the metadata `checkpoint` names the checkpoint's file. */
  readonly velocity: TensorFile
  /** Steps taken by then. */
  readonly step: number
  /** Epochs trained by then; absent where every epoch had as many steps as it has with the images of now. */
  readonly epoch?: number
  /** Whether the log has the evaluation and the probe of this step. When false, the resumed run measures them first. */
  readonly measured: boolean
}

export interface TrainOptions {
  readonly config: RunConfig
  /** Already limited to the configuration's classes and images. */
  readonly data: ImageSet
  readonly environment: Environment
  readonly gpu: Gpu
  readonly live: Live
  readonly signal: AbortSignal
  /** Problems before the first step; each becomes a warning event. */
  readonly warnings?: readonly string[]
  /** Initial weights. Absent: random weights from the configuration's seed. */
  readonly initial?: FittedWeights
  readonly resume?: Resume
  /** Runs steps, evaluations and probes operation by operation instead of compiled. Slower; the numbers are the same. */
  readonly eager?: boolean
  /** A clock in milliseconds, for the JavaScript time in graph reports. No result depends on it. */
  readonly now?: () => number
  /** Saves a checkpoint. A rejection becomes a warning, and training continues. */
  readonly save: (file: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>
  /**
   * Saves the momentum buffers, which a resumed run needs besides the newest checkpoint, with the metadata `step` and
   * `checkpoint`. The host has recorded all earlier events and saved the checkpoint by then.
   */
  readonly saveMomentum?: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>
}
