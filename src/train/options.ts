/** The arguments that a host gives to a training run. */
import type { RunConfig } from '../config/config.ts'
import type { ImageSet } from '../data/source.ts'
import type { Gpu } from '../gpu/read.ts'
import type { FittedWeights } from '../model/fit.ts'
import type { TensorFile } from '../model/safetensors.ts'
import type { Environment } from '../protocol/environment.ts'
import type { ResumedMark, ResumeState, RunParent } from '../protocol/run-record.ts'
import type { Live } from './live.ts'

/** The state that an interrupted run resumes from, or a fork begins from. */
export interface Resume {
  readonly weights: TensorFile
  /** The momentum buffers of the same step; null for a fork that begins with zeros. */
  readonly velocity: TensorFile | null
  /** Steps taken by then. */
  readonly step: number
  /** Whole epochs trained by then; absent where every epoch had as many steps as it has with the images of now. */
  readonly epoch?: number
  /** Steps taken by then in the epoch that has begun; 0 by default. */
  readonly batch?: number
  /** The newest checkpoint's file, and its step; by default the file that the momentum names, and `step`. */
  readonly checkpoint?: string
  readonly savedStep?: number
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
  /** Why the run resumes, for its start event. */
  readonly resumed?: ResumedMark
  /** The run that this one forks or repeats, for its start event. */
  readonly parent?: RunParent
  /** Runs steps, evaluations and probes operation by operation instead of compiled. Slower; the numbers are the same. */
  readonly eager?: boolean
  /** Told how many of the programs that a step, evaluation or probe still needs are compiled. No result depends on it. */
  readonly onCompiling?: (done: number, total: number) => void
  /** A clock in milliseconds, for the JavaScript time in graph reports. No result depends on it. */
  readonly now?: () => number
  /** Saves a checkpoint. A rejection becomes a warning, and training continues. */
  readonly save: (file: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>
  /**
   * Saves a state from which the run can resume: after every checkpoint of an epoch, when `resumeDue` or the configuration asks
   * for it, and before a pause and a stop. The host has recorded all earlier events by then. A rejection becomes a warning.
   */
  readonly saveResume?: (state: ResumeState) => Promise<void>
  /** Whether the host wants a resume point; asked after every step. No result depends on the answer. */
  readonly resumeDue?: () => boolean
}
