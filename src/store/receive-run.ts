/** Applies the events of the active run, and its failure, to the state. */
import type { EndEvent, LoggedEvent } from '../protocol/run-events.ts'
import { eventSentence } from './announce.ts'
import { checkpointSaved, runRests } from './auto-measure.ts'
import { changeStatus, type LabContext, say, setRequests } from './context.ts'
import { cancelled, LabError } from './pending.ts'
import { next } from './run-status.ts'
import { isActive } from './status.ts'

/** Milliseconds between two announced evaluations or probes, so that a screen reader does not speak all the time. */
const quiet = 15_000

/** `units`: the record of a probe's units. */
export function receiveEvent(lab: LabContext, event: LoggedEvent, units: Uint8Array | null = null): void {
  const { series, pending } = lab
  if (series.current()?.end) return
  series.add(event, units)
  if (event.type === 'start') changeStatus(lab, 'started')
  if (event.type === 'checkpoint') checkpointSaved(lab, event)
  if (event.type === 'end') endRun(lab, event)
  if (event.type === 'end' || (event.type === 'activity' && event.activity === 'paused')) runRests(lab)
  announce(lab, event)
  pending.run?.push(event)
  if (event.type !== 'end') return
  pending.run?.close()
  pending.run = null
}

/** Ends the run. The schedule controls α again, so that the next run does not start with this run's α. */
function endRun({ store }: LabContext, end: EndEvent): void {
  store.setState(({ run, live }) => ({
    run: { ...run, status: next(run.status, 'end') ?? run.status, end, moment: { step: end.step, epoch: end.epoch } },
    live: { ...live, on: true, held: false },
    autoMeasure: null,
    tuning: null,
    preparing: null,
  }))
}

function announce(lab: LabContext, event: LoggedEvent): void {
  if (event.type === 'probe' || event.type === 'evaluation') {
    if (event.time - lab.store.getState().requests.announcedAt < quiet) return
    setRequests(lab, { announcedAt: event.time })
  }
  const sentence = eventSentence(event)
  if (sentence) say(lab, sentence)
}

/** Ends the active run, if any: with an end event once it has started, otherwise by dropping it. */
export function runFailed(lab: LabContext, message: string): void {
  const { store, series } = lab
  const { run } = store.getState()
  if (!isActive(run.status)) return
  const current = series.current()
  if (!current?.start) {
    dropRun(lab, message)
    return
  }
  const advice = 'Everything recorded so far is saved. Export it, then start again.'
  receiveEvent(lab, { type: 'end', ...run.moment, reason: 'error', message, advice, time: current.time })
}

/** Drops a run that has not started, and shows the run before it, if any. */
function dropRun(lab: LabContext, message: string): void {
  const { store, series, pending } = lab
  const stopped = store.getState().run.status === 'stopping'
  changeStatus(lab, 'discard')
  series.drop()
  const shown = series.current()
  const end = shown?.end ?? null
  store.setState(({ run }) => ({
    run: {
      status: run.status,
      id: shown?.id ?? null,
      config: shown?.start?.config ?? null,
      end,
      moment: { step: end?.step ?? 0, epoch: end?.epoch ?? 0 },
    },
  }))
  if (shown) changeStatus(lab, 'show-ended')
  pending.run?.fail(stopped ? cancelled(message) : new LabError(message))
  pending.run = null
}
