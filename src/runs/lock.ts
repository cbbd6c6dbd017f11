/** Locks, which keep a second writer out: a lock names the process that holds it. */
import { isRecord } from '../shape.ts'

/** A task of a cluster's scheduler, which runs at most one attempt of it at a time. */
export interface Job {
  readonly id: string
  /** How often it was started again. */
  readonly attempt: number
}

/** The holder of a lock. */
export interface Holder {
  /** The machine; in a container, also the container. */
  readonly host: string
  readonly pid: number
  /** When the process started, as its operating system writes it; '' where that is unknown. */
  readonly started: string
  /** When it took the lock, in milliseconds since 1970. */
  readonly time: number
  /** Absent outside of a scheduler. */
  readonly job?: Job
}

/** The job that a scheduler names in the environment; undefined without one. */
export function jobIn(environment: Readonly<Record<string, string | undefined>>): Job | undefined {
  const { SLURM_JOB_ID: id, SLURM_CLUSTER_NAME: cluster = '', SLURM_RESTART_COUNT: restarts = '0' } = environment
  return id && /^\d+$/.test(restarts) ? { id: `${cluster} ${id}`.trim(), attempt: Number(restarts) } : undefined
}

/** Whether the holder was an earlier attempt of this job: its scheduler has ended it, also on another host. */
export const isEarlierAttempt = ({ job: there }: Holder, job: Job | undefined): boolean =>
  there !== undefined && job !== undefined && there.id === job.id && there.attempt < job.attempt

function jobOf(value: unknown): Pick<Holder, 'job'> {
  if (!isRecord(value)) return {}
  const { id, attempt } = value
  return typeof id === 'string' && Number.isSafeInteger(attempt) ? { job: { id, attempt: Number(attempt) } } : {}
}

export const lockText = (holder: Holder): string => `${JSON.stringify(holder)}\n`

/** The holder that a lock names; null when the text names none. */
export function parseHolder(text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text)
    if (!isRecord(value)) return null
    const { host, pid, started, time, job } = value
    const isHolder =
      typeof host === 'string' &&
      host !== '' &&
      Number.isSafeInteger(pid) &&
      Number(pid) > 0 &&
      typeof started === 'string' &&
      Number.isFinite(time)
    return isHolder ? { host, pid: Number(pid), started, time: Number(time), ...jobOf(job) } : null
  } catch {
    return null
  }
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** `3 hours ago`; `just now` below a minute. */
export function ageText(milliseconds: number): string {
  const [unit, length] = units.find(([, size]) => milliseconds >= size) ?? ['', 1]
  if (unit === '') return 'just now'
  const count = Math.floor(milliseconds / length)
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`
}

/** Why a lock keeps a process out, and the cure. `what` is locked; `holder` is null when the lock names none. */
export function refusal(what: string, path: string, holder: Holder | null, isHere: boolean, now: number): string {
  if (!holder) return `${what} is locked, and ${path} does not say by whom; remove that file if no process writes there`
  const { pid, host, time } = holder
  const who = `process ${pid} on ${host.split(' ')[0]}`
  const age = ageText(now - time)
  return isHere
    ? `${what} is in use by ${who}, which began ${age}; wait for its end, or stop it`
    : `${what} was locked by ${who} ${age}; remove ${path} if that process no longer runs`
}
