/** Applies the worker's answers about measurements to the state and to the runs. */

import type { Measurement } from '../protocol/measurement.ts'
import type { LabMessage } from '../protocol/messages.ts'
import { addCorrelations, addRows, correlationName, effectRows } from '../runs/measured.ts'
import { measureNext } from './auto-measure.ts'
import { type LabContext, say, setMeasuring } from './context.ts'
import { cancelled, LabError, settle } from './pending.ts'

type Of<T extends LabMessage['type']> = Extract<LabMessage, { type: T }>

type Answer = Of<'measuring' | 'measured' | 'profile' | 'correlated' | 'measure-finished' | 'measure-failed'>

/** Results of an earlier measurement still count; its progress and its end do not. */
const isOfMeasurement = (message: Answer): message is Of<'measuring' | 'measure-finished' | 'measure-failed'> =>
  message.type === 'measuring' || message.type === 'measure-finished' || message.type === 'measure-failed'

export function receiveMeasured(lab: LabContext, message: Answer): void {
  const { series, store } = lab
  if (isOfMeasurement(message) && message.request !== store.getState().requests.measurement) return
  switch (message.type) {
    case 'measuring':
      receiveProgress(lab, message)
      break
    case 'measured':
      series.addMeasured(message.runId, (measured) => addRows(measured, message.table, message.rows))
      break
    case 'correlated':
      series.addMeasured(message.runId, (measured) =>
        addCorrelations(measured, correlationName(message.checkpoint, message.mode), message.modules),
      )
      break
    case 'profile':
      setMeasuring(lab, { profile: { ...message.profile, runId: message.runId } })
      break
    case 'measure-finished':
      endMeasuring(lab, null)
      measureNext(lab)
      break
    case 'measure-failed':
      endMeasuring(
        lab,
        message.cancelled ? cancelled('Cancelled; the results so far are saved.') : new LabError(message.message),
      )
      measureNext(lab)
      break
    default:
      message satisfies never
  }
}

function receiveProgress(lab: LabContext, { done, total, secondsLeft }: Of<'measuring'>): void {
  const { current } = lab.store.getState().measuring
  const left = secondsLeft === null ? null : 1000 * secondsLeft
  if (current) setMeasuring(lab, { current: { ...current, done, total, left } })
}

/** Ends the measurement in progress; without an error it is complete. */
export function endMeasuring(lab: LabContext, error: Error | null): void {
  const { store, pending } = lab
  const { current, profile } = store.getState().measuring
  if (!current) return
  const { measurement, runId } = current
  const { kind } = measurement
  const isShown = runId === lab.series.shown()?.id
  setMeasuring(lab, {
    current: null,
    unfinished: error && kind !== 'profile' && isShown ? measurement : null,
    finished: !error,
    note: error && { kind, text: error.message },
    // The page requests the profile of a selected unit; it must not request a failed one again.
    profile: kind === 'profile' && error ? null : profile,
  })
  if (error) say(lab, error.message)
  else if (kind !== 'profile') say(lab, 'Measured. The charts show the results.')
  settle(pending, 'measurement', error)
  correlate(lab, runId, measurement)
}

/** Requests the correlation of impact and selectivity over all measured units of a checkpoint. */
function correlate({ client, series }: LabContext, runId: string, measurement: Measurement): void {
  const run = series.find(runId)
  if (measurement.kind !== 'effects' || !run?.start) return
  const { mode } = measurement
  const { seed } = run.start.config
  for (const { file } of measurement.checkpoints) {
    const units = effectRows(run.measured).filter((row) => row.mode === mode && row.checkpoint === file)
    if (units.length > 0) client.post({ type: 'correlate', runId: run.id, checkpoint: file, mode, seed, units })
  }
}
