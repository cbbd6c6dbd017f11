/** Kernel timings between visits, in IndexedDB. Where that is closed they are measured again at the next visit. */
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
      // A private window or a full disk: the run does not depend on it.
    }
  },
}
