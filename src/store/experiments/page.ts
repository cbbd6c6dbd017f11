/** The experiments of this page: their state, their actions and the hook that reads the state. */
import { useStore } from 'zustand'
import { pageEarlierRuns } from '../../runs/earlier-store.ts'
import { storedRuns } from '../../runs/opfs/folders.ts'
import { download } from '../download.ts'
import { lab } from '../lab.ts'
import { pageCatalog } from '../runs/catalog.ts'
import { keepPageStorage, pageStorage } from '../runs/storage.ts'
import { series } from '../series.ts'
import { createExperiments } from './create-experiments.ts'
import type { ExperimentsState } from './state.ts'

export const experiments = createExperiments({
  lab,
  series,
  folders: storedRuns(),
  catalog: pageCatalog,
  earlier: pageEarlierRuns,
  storage: pageStorage,
  persist: keepPageStorage,
  now: () => Date.now(),
  save: download,
  fetch: (path) => fetch(new URL(path, document.baseURI)),
})

/** Returns a part of the state of experiments; the component renders again when that part changes. */
export const useExperiments = <T>(select: (state: ExperimentsState) => T): T => useStore(experiments.store, select)
