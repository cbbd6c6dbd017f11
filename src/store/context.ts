/** The objects that the store's actions share. */
import type { StoreApi } from 'zustand/vanilla'
import type { RunFiles } from '../runs/format/files.ts'
import type { SerialQueue } from '../serial-queue.ts'
import type { Connect, LabClient } from '../worker/client.ts'
import type { Pending } from './pending.ts'
import type { Memory } from './persist.ts'
import { next, type RunStatusEvent } from './run-status.ts'
import type { Screen } from './screen.ts'
import type { Series } from './series.ts'
import type { SourceStore } from './sources.ts'
import type { LabState, MeasuringState, RequestState } from './state.ts'

/** The store's environment. Tests pass another one. */
export interface LabHost {
  readonly connect: Connect
  readonly series: Series
  readonly memory: Memory
  /** The fragment of the page's address. */
  readonly hash: string
  readonly now: () => Date
  /** Returns an integer from 0 to 65535. */
  readonly random: () => number
  /** The folder of a run in the browser's storage; without files where there is none. */
  readonly storedFiles: (runId: string) => RunFiles
  /** Folders and archives of earlier visits. */
  readonly sources: SourceStore
  /** Requests persistent storage, which the browser does not clear when the disk fills; the browser may refuse. */
  readonly requestStorage: () => void
  readonly screen: Screen
  /** Offers a file to the user as a download. */
  readonly save: (blob: Blob, name: string) => void
}

export interface LabContext {
  readonly store: StoreApi<LabState>
  readonly client: LabClient
  readonly series: Series
  readonly host: LabHost
  readonly pending: Pending
  /** Changes of the remembered sources, one at a time. */
  readonly sourceChanges: SerialQueue
  /** True on a first visit until the adapter is known, on which its preset depends. */
  undecided: boolean
}

/** Puts a sentence into the live region. */
export const say = ({ store }: LabContext, status: string): void => store.setState({ status })

/** Changes the status of the shown run; false, and without effect, where the event has no meaning in that status. */
export function changeStatus({ store }: LabContext, event: RunStatusEvent): boolean {
  const { run } = store.getState()
  const status = next(run.status, event)
  if (status) store.setState({ run: { ...run, status } })
  return status !== null
}

export const setRequests = ({ store }: LabContext, change: Partial<RequestState>): void =>
  store.setState(({ requests }) => ({ requests: { ...requests, ...change } }))

export const setMeasuring = ({ store }: LabContext, change: Partial<MeasuringState>): void =>
  store.setState(({ measuring }) => ({ measuring: { ...measuring, ...change } }))
