/** Names processes, so that what a dead process left can be told from what a living one uses. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process, as a file can name it. */
export interface ProcessName {
  /** The machine; in a container, also the container. */
  readonly host: string
  readonly pid: number
  /** When it started, as the operating system writes it; '' where that is unknown. */
  readonly started: string
}

/** `elsewhere`: on a host whose processes this one cannot see. */
export type ProcessState = 'running' | 'gone' | 'elsewhere'

function attempt(read: () => string): string {
  try {
    return read().trim()
  } catch {
    return ''
  }
}

/** Process numbers are of one namespace: containers on one machine have their own, whatever their host name is. */
function hostName(): string {
  const namespace = attempt(() => readlinkSync('/proc/self/ns/pid')).replace(/\D/g, '')
  return namespace === '' ? hostname() : `${hostname()} ${namespace}`
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Without the right to signal a process, there is one.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** The state and the start of a process from Linux's /proc; '' for both elsewhere. */
function linuxStat(pid: number): { state: string; started: string } {
  // The second field is the name in brackets, which may contain spaces and brackets.
  const fields = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
    .replace(/^.*\) /s, '')
    .split(' ')
  const ticks = fields[19]
  if (ticks === undefined) return { state: '', started: '' }
  // Ticks count from the start of the machine.
  return {
    state: fields[0],
    started: `${attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))} ${ticks}`,
  }
}

/** The output of a program; '' when it fails. */
const outputOf = (program: string, args: readonly string[]): string =>
  attempt(() =>
    execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    }),
  )

function startedElsewhere(pid: number): string {
  if (process.platform === 'win32') {
    const script = `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`
    return outputOf('powershell.exe', ['-NoProfile', '-Command', script])
  }
  return outputOf('ps', ['-o', 'lstart=', '-p', `${pid}`])
}

/** When a process started; '' where the system does not tell, null where there is no such process. */
function startOf(pid: number): string | null {
  if (!exists(pid)) return null
  if (process.platform !== 'linux') return startedElsewhere(pid)
  const { state, started } = linuxStat(pid)
  // A zombie has ended; only its parent has not taken note of that.
  return state === 'Z' || state === 'X' ? null : started
}

let own: ProcessName | undefined

/** This process. */
export function thisProcess(): ProcessName {
  own ??= { host: hostName(), pid: process.pid, started: startOf(process.pid) ?? '' }
  return own
}

/** Whether a process still runs. A number that another process has got since then is not the same process. */
export function stateOf({ host, pid, started }: ProcessName): ProcessState {
  if (host !== thisProcess().host) return 'elsewhere'
  const now = startOf(pid)
  const isOther = now !== '' && started !== '' && now !== started
  return now === null || isOther ? 'gone' : 'running'
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)

/** This process in the name of a file: `HOST-PID-START`, with digests of the host and the start. */
export function processTag(): string {
  const { host, pid, started } = thisProcess()
  return `${digest(host)}-${pid}-${digest(started)}`
}

/** Whether the process of a tag has ended; false for other texts and for processes on other hosts. */
export function isGone(tag: string): boolean {
  const [, host, pid, started] = /^([\da-f]{8})-(\d+)-([\da-f]{8})$/.exec(tag) ?? []
  if (host !== digest(thisProcess().host)) return false
  const now = startOf(Number(pid))
  return now === null || (now !== '' && started !== digest('') && digest(now) !== started)
}
