/** The messages between a worker and the process that trains for it. Types only. */
import type { RunJob, RunProgress } from '../experiments/queue/run-job.ts'
import type { EndReason } from '../protocol/run-events.ts'
import type { PlanHostOptions } from './plan-host.ts'

export interface TrainMessage {
  readonly type: 'train'
  readonly job: RunJob
  /** The run is written to FOLDER/ARM/seed-N. */
  readonly folder: string
  /** Where the images are. */
  readonly source: string
  readonly options: Pick<PlanHostOptions, 'tuning' | 'eager' | 'check' | 'cache'>
}

export type ToTrainer =
  | TrainMessage
  /** Asks for the adapter. */
  | { readonly type: 'adapter' }
  /** The images are those of the plan. */
  | { readonly type: 'agreed' }
  /** The run ends after this step. */
  | { readonly type: 'stop' }

export type FromTrainer =
  | { readonly type: 'adapter'; readonly name: string }
  /** There is no adapter. */
  | { readonly type: 'no-adapter'; readonly message: string }
  | { readonly type: 'images'; readonly fingerprint: string }
  | { readonly type: 'began'; readonly adapter: string; readonly fromStep: number }
  | { readonly type: 'progress'; readonly progress: Omit<RunProgress, 'worker'> }
  | { readonly type: 'ended'; readonly reason: EndReason; readonly message: string }
