/** What the actions of experiments share. */
import type { StoreApi } from 'zustand/vanilla'
import type { RunStore, StoredRun } from '../../runs/library.ts'
import type { createLab } from '../create-lab.ts'
import type { Memory } from '../persist.ts'
import type { Series } from '../series.ts'
import type { ExperimentsState } from './state.ts'

export interface ExperimentsHost {
  readonly lab: ReturnType<typeof createLab>
  readonly series: Series
  readonly runs: RunStore
  readonly memory: Memory
  readonly now: () => number
  /** Offers a file to the user. */
  readonly save: (blob: Blob, name: string) => void
  /** A file beside the page. */
  readonly fetch: (path: string) => Promise<Response>
}

export interface Experiments {
  readonly store: StoreApi<ExperimentsState>
  readonly host: ExperimentsHost
  /** What is stored of the runs at hand, by id. */
  readonly stored: Map<string, StoredRun>
  /** Runs that were only started to time their steps. */
  readonly trials: Set<string>
  /** Runs that the user has removed; they do not come back. */
  readonly removed: Set<string>
}

export const say = ({ host }: Experiments, status: string): void => host.lab.store.setState({ status })
