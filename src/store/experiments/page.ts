/** The experiments of this page: state, actions and the hook that reads it. */
import { useStore } from 'zustand'
import { pageRuns } from '../../runs/library.ts'
import { download } from '../download.ts'
import * as lab from '../lab.ts'
import { pageMemory } from '../persist.ts'
import { series } from '../series.ts'
import { createExperiments } from './create-experiments.ts'
import type { ExperimentsState } from './state.ts'

const experiments = createExperiments({
  lab: { ...lab, store: lab.labStore },
  series,
  runs: pageRuns,
  memory: pageMemory(),
  now: () => Date.now(),
  save: download,
  fetch: (path) => fetch(new URL(path, document.baseURI)),
})

export const {
  openLibrary,
  importRuns,
  openExample,
  removeRun,
  exportRuns,
  chooseRun,
  chooseAllRuns,
  dismissProblems,
  setDraft,
  editArms,
  timePlan,
  startPlan,
  pausePlan,
  resumePlan,
  stopPlan,
  showCenter,
  compareBy,
} = experiments

export const useExperiments = <T>(select: (state: ExperimentsState) => T): T => useStore(experiments.store, select)
