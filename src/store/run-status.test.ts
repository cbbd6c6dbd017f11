import { expect, test } from 'vitest'
import { next, type RunStatus, type RunStatusEvent } from './run-status.ts'
import { isActive, isPaused } from './status.ts'

const events: readonly RunStatusEvent[] = [
  'start',
  'started',
  'pause',
  'auto-pause',
  'resume',
  'recover',
  'stop',
  'end',
  'discard',
  'show-ended',
  'show-interrupted',
  'follow',
]

/** One row per status and one column per event in the order above; `-` if the event has no meaning. */
const table: Readonly<Record<RunStatus, string>> = {
  idle: 'starting - - - - - - - - ended interrupted followed',
  starting: '- running paused - - recovering stopping ended idle - - -',
  running: '- - paused auto-paused - recovering stopping ended idle - - -',
  paused: '- - - - running recovering stopping ended idle - - -',
  'auto-paused': '- - paused - running recovering stopping ended idle - - -',
  recovering: '- running - - - recovering stopping ended idle - - -',
  stopping: '- - - - - - - ended idle - - -',
  ended: 'starting - - - - - - - - ended interrupted followed',
  interrupted: 'starting - - - - - - - - ended interrupted followed',
  followed: 'starting - - - - - - - - ended interrupted followed',
}

const statuses = Object.keys(table) as RunStatus[]

test.each(statuses)('%s has exactly these transitions', (status) => {
  expect(events.map((event) => next(status, event) ?? '-').join(' ')).toBe(table[status])
})

test('every status can be reached, and every active one can end', () => {
  const reached = new Set<RunStatus>(['idle'])
  for (const status of reached) for (const event of events) reached.add(next(status, event) ?? status)
  expect([...reached].sort()).toEqual([...statuses].sort())
  expect(statuses.filter((status) => next(status, 'end') === 'ended')).toEqual(statuses.filter(isActive))
})

test('a run is active until it ends, and paused by the user or to be measured', () => {
  expect(statuses.filter(isActive)).toEqual(['starting', 'running', 'paused', 'auto-paused', 'recovering', 'stopping'])
  expect(statuses.filter(isPaused)).toEqual(['paused', 'auto-paused'])
})
