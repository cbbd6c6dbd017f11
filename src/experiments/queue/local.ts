/** The queue of one process: in memory, with the same rules as one on Redis. */
import { messageOf } from '../../message.ts'
import { createBell } from './bell.ts'
import {
  Hopeless,
  type JobQueue,
  type JobState,
  type JobStatus,
  type NewJob,
  PutBack,
  type RetryOptions,
  type Work,
  type WorkOptions,
} from './job-queue.ts'

interface Entry extends Required<NewJob<unknown>> {
  state: JobState
  failures: number
  started: number
  /** Waits for its delay before the next attempt. */
  resting: boolean
  progress?: unknown
  result?: unknown
  error: string
}

const entryOf = ({ id, data, priority = 0 }: NewJob<unknown>): Entry => ({
  ...{ id, data, priority, state: 'waiting', failures: 0, started: 0, resting: false, error: '' },
})

const statusOf = ({ id, state, failures, progress, result, error }: Entry): JobStatus => ({
  ...{ id, state, failures, error },
  ...(progress === undefined ? {} : { progress }),
  ...(result === undefined ? {} : { result }),
})

const isSettled = ({ state }: Entry) => state === 'finished' || state === 'failed'

/** The first in order among the waiting jobs of the lowest priority number. */
function nextOf(entries: Iterable<Entry>): Entry | undefined {
  let next: Entry | undefined
  for (const entry of entries)
    if (entry.state === 'waiting' && !entry.resting && (!next || entry.priority < next.priority)) next = entry
  return next
}

/** The jobs of a queue, and who waits for changes. */
function createState({ attempts, delay }: RetryOptions) {
  const entries = new Map<string, Entry>()
  const bell = createBell()
  let version = 0
  const change = () => {
    version++
    bell.ring()
  }
  const rest = (entry: Entry) => {
    entry.resting = true
    const wake = () => {
      entry.resting = false
      change()
    }
    setTimeout(wake, delay * 2 ** (entry.failures - 1))
  }
  const fail = (entry: Entry, error: unknown) => {
    entry.state = 'waiting'
    if (error instanceof PutBack) return
    entry.failures++
    entry.error = messageOf(error)
    if (error instanceof Hopeless || entry.failures >= attempts) entry.state = 'failed'
    else rest(entry)
  }
  return { entries, bell, change, fail, version: () => version }
}

type State = ReturnType<typeof createState>

async function attempt({ change, fail }: State, entry: Entry, work: Work, signal: AbortSignal): Promise<void> {
  const { id, data } = entry
  Object.assign(entry, { state: 'active', started: entry.started + 1 })
  change()
  const report = async (progress: unknown) => {
    entry.progress = progress
    change()
  }
  try {
    entry.result = await work({ id, data, number: entry.started, signal, report })
    entry.state = 'finished'
  } catch (error) {
    fail(entry, error)
  }
  change()
}

async function serve(state: State, work: Work, { signal, untilSettled = false }: WorkOptions): Promise<void> {
  while (!signal.aborted) {
    const entry = nextOf(state.entries.values())
    if (entry) await attempt(state, entry, work, signal)
    else if (untilSettled && [...state.entries.values()].every(isSettled)) return
    else await state.bell.heard(signal)
  }
}

/** Adding, reading and removing jobs. */
function jobsOf({ entries, change }: State): Pick<JobQueue, 'add' | 'status' | 'retry' | 'remove'> {
  const found = (ids: readonly string[]) => ids.flatMap((id) => entries.get(id) ?? [])
  return {
    add: async (jobs) => {
      const before = entries.size
      for (const job of jobs) if (!entries.has(job.id)) entries.set(job.id, entryOf(job))
      change()
      return entries.size - before
    },
    status: async (ids) =>
      ids.map((id) => {
        const entry = entries.get(id)
        return entry ? statusOf(entry) : null
      }),
    retry: async (ids) => {
      const failed = found(ids).filter(({ state }) => state === 'failed')
      for (const entry of failed) entries.set(entry.id, entryOf(entry))
      change()
      return failed.length
    },
    remove: async (ids) => {
      for (const { id, state } of found(ids)) if (state !== 'active') entries.delete(id)
      change()
    },
  }
}

/** A queue without jobs. */
export function localQueue(retries: RetryOptions): JobQueue {
  const state = createState(retries)
  const workers = new Set<{ readonly name: string }>()
  const agreed = new Map<string, string>()
  const files = new Map<string, Uint8Array<ArrayBuffer>>()
  let seen = -1
  return {
    ...jobsOf(state),
    changed: async (signal) => {
      while (seen === state.version() && !signal.aborted) await state.bell.heard(signal)
      signal.throwIfAborted()
      seen = state.version()
    },
    workers: async () => [...workers],
    work: async (work, options) => {
      const worker = { name: options.name }
      workers.add(worker)
      await Promise.all(Array.from({ length: options.slots }, () => serve(state, work, options)))
      workers.delete(worker)
    },
    agree: async (key, value) => {
      const first = agreed.get(key) ?? value
      agreed.set(key, first)
      return first
    },
    keep: async (name, bytes) => void files.set(name, new Uint8Array(bytes)),
    kept: async (name) => files.get(name) ?? null,
    [Symbol.asyncDispose]: async () => {},
  }
}
