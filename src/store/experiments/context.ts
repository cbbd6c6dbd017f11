/** The objects that the actions of experiments share. */
import type { StoreApi } from 'zustand/vanilla'
import type { RunStore, StoredRun } from '../../runs/library.ts'
import type { Lab } from '../create-lab.ts'
import type { Series } from '../series.ts'
import type { ExperimentsState } from './state.ts'

export interface ExperimentsHost {
  readonly lab: Lab
  readonly series: Series
  readonly runs: RunStore
  /** Milliseconds. */
  readonly now: () => number
  /** Offers a file to the user as a download. */
  readonly save: (blob: Blob, name: string) => void
  /** Fetches a file beside the page. */
  readonly fetch: (path: string) => Promise<Response>
}

export interface Experiments {
  readonly store: StoreApi<ExperimentsState>
  readonly host: ExperimentsHost
  /** The stored form of the listed runs, by id. */
  readonly stored: Map<string, StoredRun>
  /** Ids of runs that only time their first steps; they are not listed. */
  readonly trials: Set<string>
  /** Ids of runs that the user has removed; they are not listed again. */
  readonly removed: Set<string>
}

/** Puts a sentence into the live region. */
export const say = ({ host }: Experiments, status: string): void => host.lab.store.setState({ status })
