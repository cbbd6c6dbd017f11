/** Stores the checks of datasets in the page, so that a later visit need not decode every image again. */
import type { CheckStore, StoredChecks } from '../data/set/checks.ts'
import { createBrowserCache } from './browser-cache.ts'
import { identifyIn, type KnownSources } from './known-handles.ts'

const checks = createBrowserCache<StoredChecks>('selectivity-lab-checks', 'checks')
const sources = createBrowserCache<KnownSources>('selectivity-lab-handles', 'sources')

export const checkStore: CheckStore = checks

/** The id of a source by its handles; null if the browser's storage is closed. */
export const identify = (handles: readonly FileSystemHandle[]): Promise<string | null> =>
  identifyIn(sources, handles, (known) =>
    checks.retain((key) => !key.startsWith('handle ') || known.has(key.slice('handle '.length))),
  )
