/** Stores kernel timings in IndexedDB. Without IndexedDB the next visit measures them again. */
import { createStore, get, set } from 'idb-keyval'
import type { ChoiceStore } from '../train/kernels.ts'

const store = () => createStore('selectivity-lab', 'kernels')

export const kernelStore: ChoiceStore = {
  read: async (key) => {
    try {
      return (await get<unknown>(key, store())) ?? null
    } catch {
      return null
    }
  },
  write: async (key, tuned) => {
    try {
      await set(key, tuned, store())
    } catch {
      // A private window or a full disk: the run does not depend on it.
    }
  },
}
