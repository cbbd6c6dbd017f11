/** A queue of jobs that one process or many machines work on. Types only: `local.ts` and `node/bullmq.ts` implement it. */

/** `waiting` includes jobs that wait for their next attempt. */
export type JobState = 'waiting' | 'active' | 'finished' | 'failed'

export interface NewJob<Data> {
  /** Adding a job whose id the queue already has adds nothing. Letters, digits, `-` and `_`. */
  readonly id: string
  readonly data: Data
  /** Jobs with a lower number begin first; from 0. */
  readonly priority?: number
}

/** What a queue knows about a job. Data, progress and result come from other machines: parse them before use. */
export interface JobStatus {
  readonly id: string
  readonly state: JobState
  /** Attempts that failed. */
  readonly failures: number
  /** What the job reported last; undefined before its first report. */
  readonly progress?: unknown
  /** Of a finished job. */
  readonly result?: unknown
  /** Why the newest attempt failed; empty without one. */
  readonly error: string
}

/** An attempt at a job. */
export interface Attempt {
  readonly id: string
  /** As another machine wrote it: parse it before use. */
  readonly data: unknown
  /** From 1. An attempt counts also when its worker died. */
  readonly number: number
  /** Aborted when the worker stops, and when the job was given to another worker. */
  readonly signal: AbortSignal
  readonly report: (progress: unknown) => Promise<void>
}

/** What a worker does with a job. A rejection fails the attempt. */
export type Work = (attempt: Attempt) => Promise<unknown>

/** Thrown by `Work`: the job goes back to the queue, and the attempt does not count as failed. */
export class PutBack extends Error {
  override name = 'PutBack'
}

/** Thrown by `Work`: the job fails without further attempts. */
export class Hopeless extends Error {
  override name = 'Hopeless'
}

export interface WorkOptions {
  /** Shown to who watches the queue. */
  readonly name: string
  /** Jobs at the same time. */
  readonly slots: number
  /** Ends the worker: running attempts are aborted and should put their jobs back. */
  readonly signal: AbortSignal
  /** Returns without waiting for further jobs when every job is finished or failed. */
  readonly untilSettled?: boolean
}

export interface WorkerStatus {
  readonly name: string
}

export interface JobQueue extends AsyncDisposable {
  /** Adds jobs and returns how many the queue did not have yet. */
  readonly add: (jobs: readonly NewJob<unknown>[]) => Promise<number>
  /** The jobs with these ids, in this order; null for an id that the queue does not have. */
  readonly status: (ids: readonly string[]) => Promise<(JobStatus | null)[]>
  /**
   * Resolves when something may have changed since the last call, and after some seconds at the latest. `status` tells what.
   * Rejects when the signal is aborted.
   */
  readonly changed: (signal: AbortSignal) => Promise<void>
  /** Gives failed jobs all their attempts again. Returns how many failed jobs there were. */
  readonly retry: (ids: readonly string[]) => Promise<number>
  /** Forgets jobs that no worker has now. */
  readonly remove: (ids: readonly string[]) => Promise<void>
  readonly workers: () => Promise<WorkerStatus[]>
  /** Takes jobs until the signal is aborted. Rejects when the queue cannot be reached at the start. */
  readonly work: (work: Work, options: WorkOptions) => Promise<void>
  /** The value that was first given for this key, by anyone. */
  readonly agree: (key: string, value: string) => Promise<string>
  /** Keeps bytes under a name for a while, replacing earlier ones. */
  readonly keep: (name: string, bytes: Uint8Array) => Promise<void>
  /** The bytes under a name; null where there are none. */
  readonly kept: (name: string) => Promise<Uint8Array<ArrayBuffer> | null>
}

export interface RetryOptions {
  /** Attempts in all; 1 means no second one. */
  readonly attempts: number
  /** Milliseconds before the second attempt; twice as long before each further one. */
  readonly delay: number
}
