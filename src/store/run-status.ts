/** The status of the run that the page shows, as one table of transitions. */

/**
 * `auto-paused` means that the run pauses by itself to be measured; `paused` means that the user paused it. A run that is
 * `paused` may still finish the step that it is taking. `recovering`: after a failure, the page resumes the run by itself.
 * `interrupted`: a stored run without an end is shown, which can be resumed. `followed`: one that trains in another tab.
 */
export type RunStatus =
  | 'idle'
  | 'starting'
  | 'running'
  | 'paused'
  | 'auto-paused'
  | 'recovering'
  | 'stopping'
  | 'ended'
  | 'interrupted'
  | 'followed'

/**
 * start: the page has sent the start command. started: the start event arrived. auto-pause: the run waits for its
 * measurements. recover: the run failed, and the page resumes it. end: the end event arrived. discard: the run failed
 * before its start and is dropped. show-ended, show-interrupted, follow: a run that this page does not train is shown.
 * leave: that run is put away, and no other one is shown.
 */
export type RunStatusEvent =
  | 'start'
  | 'started'
  | 'pause'
  | 'auto-pause'
  | 'resume'
  | 'recover'
  | 'stop'
  | 'end'
  | 'discard'
  | 'show-ended'
  | 'show-interrupted'
  | 'follow'
  | 'leave'

/** Events that are possible from the start to the end of a run. */
const anyTime = { end: 'ended', discard: 'idle' } as const

/** Events that are possible while the page trains no run. */
const resting = {
  start: 'starting',
  'show-ended': 'ended',
  'show-interrupted': 'interrupted',
  follow: 'followed',
  leave: 'idle',
} as const

const transitions: Readonly<Record<RunStatus, Readonly<Partial<Record<RunStatusEvent, RunStatus>>>>> = {
  idle: resting,
  starting: { ...anyTime, started: 'running', pause: 'paused', recover: 'recovering', stop: 'stopping' },
  running: { ...anyTime, pause: 'paused', 'auto-pause': 'auto-paused', recover: 'recovering', stop: 'stopping' },
  paused: { ...anyTime, resume: 'running', recover: 'recovering', stop: 'stopping' },
  'auto-paused': { ...anyTime, pause: 'paused', resume: 'running', recover: 'recovering', stop: 'stopping' },
  recovering: { ...anyTime, started: 'running', recover: 'recovering', stop: 'stopping' },
  stopping: anyTime,
  ended: resting,
  interrupted: resting,
  followed: resting,
}

/** The status after an event; null where the event has no meaning in that status. */
export const next = (status: RunStatus, event: RunStatusEvent): RunStatus | null => transitions[status][event] ?? null
