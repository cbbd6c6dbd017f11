/** The locks of runs: the worker that trains a run holds its lock, so that no other tab writes to its folder. */

const prefix = 'selectivity-lab/run/'

/** Milliseconds to wait for a lock: a worker that was ended may still hold it. */
export const patience = 3000

export interface HeldRun {
  /** Lets others write to the run. The browser does so when the worker ends. */
  readonly release: () => void
}

/** Takes the lock of a run; null where another tab holds it for more than `wait` milliseconds. */
export function holdRun(locks: LockManager, id: string, wait: number): Promise<HeldRun | null> {
  return new Promise((resolve, reject) => {
    const hold = () => new Promise<void>((release) => resolve({ release }))
    locks.request(`${prefix}${id}`, { signal: AbortSignal.timeout(wait) }, hold).catch((error: unknown) => {
      if (error instanceof DOMException && ['TimeoutError', 'AbortError'].includes(error.name)) resolve(null)
      else reject(error)
    })
  })
}

/** Ids of the runs that a tab trains now, this one or another. */
export async function trainingRuns(locks: LockManager): Promise<ReadonlySet<string>> {
  const { held = [] } = await locks.query()
  const names = held.flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : []))
  return new Set(names)
}

/** Does `work` while no other tab writes the measurement tables of a run. */
export const aloneWithTables = <T>(locks: LockManager, id: string, work: () => Promise<T>): Promise<T> =>
  locks.request(`selectivity-lab/tables/${id}`, { mode: 'exclusive' }, work)
