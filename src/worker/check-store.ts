/** Checks of sets between visits, in IndexedDB. Where that is closed a set is read again at the next visit. */
import { createStore, get, set } from 'idb-keyval'
import type { CheckStore, Checks } from '../data/set/checks.ts'

const store = () => createStore('selectivity-lab-checks', 'checks')

export const checkStore: CheckStore = {
  read: async (name) => {
    try {
      return (await get<Checks>(name, store())) ?? null
    } catch {
      return null
    }
  },
  write: async (name, checks) => {
    try {
      await set(name, checks, store())
    } catch {
      // A private window or a full disk: nothing depends on it.
    }
  },
}
