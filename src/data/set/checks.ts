/**
 * What reading each file of a set has shown, kept between visits: a set that has not changed then opens by its list of
 * files alone. A file counts as unchanged while its path and its stamp (size and time of change) are the same.
 */
import type { Entry } from '../entry.ts'
import type { Check } from '../source.ts'

export type Checks = Readonly<Record<string, Check>>

/** Where checks are kept, by the name of the set. */
export interface CheckStore {
  readonly read: (name: string) => Promise<Checks | null>
  readonly write: (name: string, checks: Checks) => Promise<void>
}

/** More would take longer to keep than they save, and hundreds of megabytes. */
const mostKept = 300_000

const keyOf = ({ path, stamp }: Entry) => (stamp === undefined ? null : `${path}\t${stamp}`)

export interface KnownChecks {
  readonly find: (entry: Entry) => Check | undefined
  readonly add: (entry: Entry, check: Check) => void
  /** Keeps what is known of the files that were looked at, if some of it is new. */
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
      if (added > 0 && Object.keys(now).length <= mostKept) await store?.write(name, now)
    },
  }
}
