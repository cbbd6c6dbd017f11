/** The objects that the actions of experiments share. */
import type { StoreApi } from 'zustand/vanilla'
import type { EarlierRuns } from '../../runs/earlier-store.ts'
import type { EditableRunFiles, RunFolders } from '../../runs/folders.ts'
import type { SerialQueue } from '../../serial-queue.ts'
import type { Lab } from '../create-lab.ts'
import type { CatalogEntry, RunCatalog } from '../runs/catalog.ts'
import type { Series } from '../series.ts'
import type { ExperimentsState, StorageState } from './state.ts'

export interface ExperimentsHost {
  readonly lab: Lab
  readonly series: Series
  /** The runs in the browser's storage. */
  readonly folders: RunFolders
  readonly catalog: RunCatalog
  /** Runs that earlier versions of the page stored elsewhere. */
  readonly earlier: EarlierRuns
  readonly storage: () => Promise<StorageState>
  /** Asks the browser to keep the storage when the disk fills. Does not reject. */
  readonly persist: () => Promise<void>
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
  /** The files of runs that are listed without being stored, by id: examples and runs of an address. */
  readonly shown: Map<string, EditableRunFiles>
  /** What the catalog had when the page opened, and what was read since. */
  readonly catalogued: Map<string, CatalogEntry>
  /** Changes of folders, one after another. */
  readonly changes: SerialQueue
  /** Ids of runs that only time their first steps; they are not listed. */
  readonly trials: Set<string>
}

/** Puts a sentence into the live region. */
export const say = ({ host }: Pick<Experiments, 'host'>, status: string): void => host.lab.store.setState({ status })

/** The files of a listed run. Changes of a run that is not stored are lost when the page is closed. */
export const filesOf = ({ shown, host }: Experiments, id: string): EditableRunFiles =>
  shown.get(id) ?? host.folders.edit(id)
