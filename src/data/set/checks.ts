/**
 * The results of checking a dataset's files, stored between visits: an unchanged dataset then opens by its list of files
 * alone. A file counts as unchanged while its path and its stamp (size and modification time) are the same.
 */
import type { Entry } from '../entry.ts'
import type { Check } from '../source.ts'

export type Checks = Readonly<Record<string, Check>>

/** Stores checks by the name of the dataset. */
export interface CheckStore {
  /** Null if there are none. */
  readonly read: (name: string) => Promise<Checks | null>
  readonly write: (name: string, checks: Checks) => Promise<void>
}

/** Storing more checks takes longer than they save, and hundreds of megabytes. */
const mostStored = 300_000

const keyOf = ({ path, stamp }: Entry) => (stamp === undefined ? null : `${path}\t${stamp}`)

export interface KnownChecks {
  readonly find: (entry: Entry) => Check | undefined
  readonly add: (entry: Entry, check: Check) => void
  /** Stores the checks of the files that were found or added, if some are new. */
  readonly save: () => Promise<void>
}

export async function openChecks(store: CheckStore | undefined, name: string): Promise<KnownChecks> {
  const before = (await store?.read(name)) ?? {}
  const now: Record<string, Check> = {}
  let added = 0
  return {
    find: (entry) => {
      const key = keyOf(entry)
      const known = key === null || !Object.hasOwn(before, key) ? undefined : before[key]
      if (key !== null && known) now[key] = known
      return known
    },
    add: (entry, check) => {
      const key = keyOf(entry)
      if (key === null || ('passing' in check && check.passing)) return
      now[key] = check
      added++
    },
    save: async () => {
      if (added > 0 && Object.keys(now).length <= mostStored) await store?.write(name, now)
    },
  }
}
