/** Adds events to the active run, and ends it. */
import type { EndEvent, LoggedEvent, StartEvent } from '../protocol/run-events.ts'
import { eventSentence } from './announce.ts'
import { checkpointSaved, runRests } from './auto-measure.ts'
import { changeStatus, type LabContext, say, setRequests } from './context.ts'
import { next } from './run-status.ts'
import { notPreparing } from './state.ts'

/** Milliseconds between two announced evaluations or probes, so that a screen reader does not speak all the time. */
const quiet = 15_000

/** Adds an event of the active run. The end event closes the run's sequence of events. */
export function addEvent(lab: LabContext, event: LoggedEvent, units: Uint8Array | null = null): void {
  const { series, pending } = lab
  series.add(event, units)
  if (event.type === 'checkpoint') checkpointSaved(lab, event)
  if (event.type === 'end') endRun(lab, event)
  if (event.type === 'end' || (event.type === 'activity' && event.activity === 'paused')) runRests(lab)
  announce(lab, event)
  pending.run?.push(event)
  if (event.type !== 'end') return
  pending.run?.close()
  pending.run = null
}

/** Adds the start event. A run that resumes is paused and measured as it was before. */
export function startRun(lab: LabContext, event: StartEvent & { readonly time: number }): void {
  const { store, client } = lab
  const { run, autoMeasure, measuring } = store.getState()
  changeStatus(lab, 'started')
  if (run.recovery?.paused && changeStatus(lab, 'pause')) client.post({ type: 'pause' })
  const { recovery } = run
  const recovered = recovery && { message: recovery.message, at: recovery.at, fromStep: event.fromStep }
  store.setState(({ run }) => ({ run: { ...run, recovery: null, config: event.config }, failure: null, recovered }))
  if (autoMeasure) client.post({ type: 'hold-at', epochs: autoMeasure.epochs })
  // The run rests again for the measurements that the interruption ended.
  if (measuring.queue.length > 0) client.post({ type: 'pause' })
  addEvent(lab, event)
}

/** Ends the run. The schedule controls α again, so that the next run does not start with this run's α. */
function endRun({ store }: LabContext, end: EndEvent): void {
  store.setState(({ run, live }) => ({
    run: {
      ...run,
      status: next(run.status, 'end') ?? run.status,
      end,
      moment: { step: end.step, epoch: end.epoch },
      recovery: null,
    },
    live: { ...live, on: true, held: false },
    autoMeasure: null,
    ...notPreparing,
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
