/** The lab of this page: its state, its actions and the hook that reads the state. */
import { useStore } from 'zustand'
import { storedRuns } from '../runs/opfs/folders.ts'
import { connectWorker } from '../worker/client.ts'
import { createLab } from './create-lab.ts'
import { download } from './download.ts'
import { pageMemory } from './persist.ts'
import { pageScreen } from './screen.ts'
import { series } from './series.ts'
import { pageSources } from './sources.ts'
import type { LabState } from './state.ts'

export const lab = createLab({
  connect: connectWorker,
  series,
  memory: pageMemory(),
  hash: globalThis.location?.hash ?? '',
  now: () => new Date(),
  random: () => crypto.getRandomValues(new Uint16Array(1))[0],
  storedFiles: (id) => storedRuns().open(id),
  sources: pageSources,
  requestStorage: () => void navigator.storage?.persist?.().catch(() => {}),
  screen: pageScreen(),
  save: download,
})

export const labStore = lab.store

/** Returns a part of the lab's state; the component renders again when that part changes. */
export const useLab = <T>(select: (state: LabState) => T): T => useStore(labStore, select)
