/** The lab of this page: its state, its actions and the hook that reads it. */
import { useStore } from 'zustand'
import { keepFiles, readCheckpoint } from '../runs/storage.ts'
import { connectWorker } from '../worker/client.ts'
import { createLab } from './create-lab.ts'
import { download } from './download.ts'
import { pageMemory } from './persist.ts'
import { series } from './series.ts'
import { pageSources } from './sources.ts'
import type { LabState } from './state.ts'

const lab = createLab({
  connect: connectWorker,
  series,
  memory: pageMemory(),
  hash: globalThis.location?.hash ?? '',
  now: () => new Date(),
  random: () => crypto.getRandomValues(new Uint16Array(1))[0],
  readCheckpoint,
  keepFiles,
  sources: pageSources,
  keepStorage: () => void navigator.storage?.persist?.().catch(() => {}),
  save: download,
})

export const labStore = lab.store

export const {
  open,
  setView,
  dismissFailure,
  setConfigValue,
  setConfigText,
  settleField,
  revertField,
  applyPreset,
  readCifar10,
  readFiles,
  readArchive,
  readHandles,
  cancelReading,
  readAgain,
  skipChecks,
  showClass,
  refuseData,
  listRecent,
  reopen,
  forget,
  listCaches,
  deleteCache,
  deleteAllCaches,
  setAlpha,
  setRegularizer,
  handBack,
  start,
  pause,
  resume,
  stepOnce,
  skipTuning,
  setEager,
  setRetune,
  stop,
  exportRun,
  measure,
  cancelMeasure,
  resumeMeasure,
  measureDuring,
  lookAtUnit,
} = lab

/** A part of the lab's state; renders again when that part changes. */
export const useLab = <T>(select: (state: LabState) => T): T => useStore(labStore, select)
