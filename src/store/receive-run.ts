/** Applies the events of the active run, and its failure, to the state. */
import type { LabMessage } from '../protocol/messages.ts'
import type { LoggedEvent } from '../protocol/run-events.ts'
import type { FailureCause } from './attempts.ts'
import { changeStatus, type LabContext } from './context.ts'
import { momentOf } from './moment.ts'
import { cancelled, type LabError } from './pending.ts'
import { causeOf, recover } from './recover.ts'
import { addEvent, startRun } from './run-events.ts'
import { noRun } from './state.ts'
import { isActive } from './status.ts'

type Point = Extract<LabMessage, { type: 'resume-point' }>

/** `units`: the record of a probe's units. */
export function receiveEvent(lab: LabContext, event: LoggedEvent, units: Uint8Array | null = null): void {
  const { status } = lab.store.getState().run
  if (!isActive(status)) return
  if (event.type === 'start') {
    startRun(lab, event)
    return
  }
  if (event.type === 'end') {
    const cause = causeOf(event)
    if (cause && recover(lab, cause, event.message)) return
  } else if (isResuming(lab)) return
  addEvent(lab, event, units)
}

/** Whether the run on the page still ends where it was interrupted: its start event will cut it. */
const isResuming = ({ store, series }: LabContext): boolean => {
  const { status } = store.getState().run
  return status === 'recovering' || (status === 'starting' && !!series.current()?.start)
}

/** Notes that the run can resume from a step. */
export function receivePoint({ store }: LabContext, { runId, step }: Point): void {
  store.setState(({ run }) => (run.id === runId ? { run: { ...run, point: step } } : {}))
}

/**
 * The active run, if any, failed. Once it has started, the page resumes it after a failure with a `cause`, and while it is
 * recovering; otherwise it ends. A run that has not started is dropped.
 */
export function runFailed(lab: LabContext, failure: LabError, cause: FailureCause | null = null): void {
  const { message } = failure
  const { status, recovery } = lab.store.getState().run
  if (!isActive(status)) return
  const known = cause ?? recovery?.cause ?? null
  if (lab.series.current()?.start) {
    if (known && recover(lab, known, message)) return
    if (status !== 'starting') {
      endFailed(lab, message)
      return
    }
  }
  dropStart(lab, failure)
}

function endFailed(lab: LabContext, message: string): void {
  const current = lab.series.current()
  if (!current) return
  const { status, point } = lab.store.getState().run
  const reason = status === 'stopping' ? 'stopped' : 'error'
  const advice =
    point >= 0
      ? 'Everything recorded so far is saved. Resume the run.'
      : 'The page still has what was recorded. Export it, then start again.'
  addEvent(lab, { type: 'end', ...momentOf(current), reason, message, advice, time: current.time })
}

/** Drops a new run that has not started, and shows the run before it, if any. A run that was resumed rests again. */
function dropStart(lab: LabContext, failure: LabError): void {
  const { store, series, pending } = lab
  const { status } = store.getState().run
  changeStatus(lab, 'discard')
  series.drop()
  showResting(lab)
  pending.run?.fail(status === 'stopping' ? cancelled(failure.message) : failure)
  pending.run = null
}

/** Shows the current run of the page, which does not train. */
function showResting(lab: LabContext): void {
  const { store, series, pending } = lab
  const shown = series.current()
  const end = shown?.end ?? null
  const moment = shown ? (end ?? momentOf(shown)) : noRun.moment
  store.setState(({ run: { status } }) => ({
    run: {
      ...noRun,
      status,
      id: shown?.id ?? null,
      config: shown?.start?.config ?? null,
      end,
      moment: { step: moment.step, epoch: moment.epoch },
      point: shown && pending.before?.id === shown.id ? pending.before.point : noRun.point,
    },
  }))
  if (shown) changeStatus(lab, end ? 'show-ended' : 'show-interrupted')
}
