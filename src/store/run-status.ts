/** The status of the run that the page shows, as one table of transitions. */

/**
 * `auto-paused` means that the run pauses by itself to be measured; `paused` means that the user paused it. A run that is
 * `paused` may still finish the step that it is taking.
 */
export type RunStatus = 'idle' | 'starting' | 'running' | 'paused' | 'auto-paused' | 'stopping' | 'ended'

/**
 * start: the page has sent the start command. started: the start event arrived. auto-pause: the run waits for its
 * measurements. end: the end event arrived. discard: the run failed before its start and is dropped. show-ended: an
 * earlier run, which has ended, is shown again.
 */
export type RunStatusEvent =
  | 'start'
  | 'started'
  | 'pause'
  | 'auto-pause'
  | 'resume'
  | 'stop'
  | 'end'
  | 'discard'
  | 'show-ended'

/** Events that are possible from the start to the end of a run. */
const anyTime = { end: 'ended', discard: 'idle' } as const

const transitions: Readonly<Record<RunStatus, Readonly<Partial<Record<RunStatusEvent, RunStatus>>>>> = {
  idle: { start: 'starting', 'show-ended': 'ended' },
  starting: { ...anyTime, started: 'running', pause: 'paused', stop: 'stopping' },
  running: { ...anyTime, pause: 'paused', 'auto-pause': 'auto-paused', stop: 'stopping' },
  paused: { ...anyTime, resume: 'running', stop: 'stopping' },
  'auto-paused': { ...anyTime, pause: 'paused', resume: 'running', stop: 'stopping' },
  stopping: anyTime,
  ended: { start: 'starting' },
}

/** The status after an event; null where the event has no meaning in that status. */
export const next = (status: RunStatus, event: RunStatusEvent): RunStatus | null => transitions[status][event] ?? null
