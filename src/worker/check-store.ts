/** Caches the checks of datasets, so that a later visit need not read every image again. */
import type { CheckStore, Checks } from '../data/set/checks.ts'
import { createBrowserCache } from './browser-cache.ts'

export const checkStore: CheckStore = createBrowserCache<Checks>('selectivity-lab-checks', 'checks')
