/** Whether the page is opened for the first time, as far as it can tell without reading the browser's storage of runs. */
import { hasLink } from './link.ts'
import { loadTourSeen, type Memory, storesConfig } from './persist.ts'

/** The parts of the page's address. */
export type Address = Pick<Location, 'hash' | 'search'>

/** False after the tour was shown, with a stored configuration, and where the address names a configuration, a unit or a run. */
export const isFirstVisit = (memory: Memory, { hash, search }: Address): boolean =>
  !loadTourSeen(memory) && !storesConfig(memory) && !hasLink(hash) && !new URLSearchParams(search).has('run')
