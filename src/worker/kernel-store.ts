/** Stores kernel timings between visits, in IndexedDB. Where IndexedDB is closed, kernels are timed again at the next visit. */
import { createStore, get, set } from 'idb-keyval'
import type { Choices } from '../gpu/kernels/choose.ts'
import type { ChoiceStore } from '../train/kernels.ts'

const store = () => createStore('selectivity-lab', 'kernels')

export const kernelStore: ChoiceStore = {
  read: async (key) => {
    try {
      return (await get<Choices>(key, store())) ?? null
    } catch {
      return null
    }
  },
  write: async (key, choices) => {
    try {
      await set(key, choices, store())
    } catch {
      // A private window or a full disk. The run does not need the stored timings.
    }
  },
}
