/** What the store's actions share. */
import type { StoreApi } from 'zustand/vanilla'
import type { DataInput } from '../protocol/data-report.ts'
import type { CheckpointReader } from '../runs/bundle.ts'
import type { Connect, LabClient } from '../worker/client.ts'
import type { Wish } from './measure-actions.ts'
import type { Memory } from './persist.ts'
import type { Series } from './series.ts'
import type { SourceStore } from './sources.ts'
import type { LabState } from './state.ts'
import type { TimeLeft } from './time-left.ts'

/** The world around the store, handed in so that it can be another in a test. */
export interface LabHost {
  readonly connect: Connect
  readonly series: Series
  readonly memory: Memory
  /** The fragment of the page's address. */
  readonly hash: string
  readonly now: () => Date
  /** A whole number from 0 to 65535. */
  readonly random: () => number
  readonly readCheckpoint: CheckpointReader
  /** Keeps a run's stored files for as long as the page is open. */
  readonly keepFiles: (runId: string) => void
  /** Folders and archives of earlier visits. */
  readonly sources: SourceStore
  /** Asks the browser not to drop what is stored when the disk fills; it may refuse. */
  readonly keepStorage: () => void
  /** Offers a file to the user. */
  readonly save: (blob: Blob, name: string) => void
}

/** A data set and the settings that it was split with. */
export interface Reading {
  readonly input: DataInput
  readonly validationFraction: number
  readonly seed: number
}

/** What is not shown and changes with the actions. */
export interface Session {
  /** What the worker was last asked to read. */
  reading: Reading | null
  /** What the worker holds. */
  loaded: Reading | null
  /** True after a crash: the worker must read the data again. */
  lost: boolean
  /** True when the run starts as soon as the data are read. */
  startAfterReading: boolean
  /** Grows with every request, so that a late answer to an older one is known. */
  request: number
  /** Settles when the kept sources have last been changed. */
  sources: Promise<void>
  /** True once the browser was asked to keep what is stored. */
  storageAsked: boolean
  /** Of what is being read. */
  timeLeft: TimeLeft
  /** Time of the last announced measurement, in milliseconds of the run. */
  announced: number
  /** Number of the newest measurement. */
  measurement: number
  /** Measurements that wait for the run to rest. */
  due: readonly Wish[]
  /** True while the run is paused for them. */
  holding: boolean
}

export interface LabContext {
  readonly store: StoreApi<LabState>
  readonly client: LabClient
  readonly series: Series
  readonly host: LabHost
  readonly session: Session
}

/** Puts a sentence into the live region. */
export const say = ({ store }: LabContext, status: string): void => store.setState({ status })
