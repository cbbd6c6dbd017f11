/** What the worker's answers to a measurement do to the state and to the run. */

import type { Measurement } from '../protocol/measurement.ts'
import type { LabMessage } from '../protocol/messages.ts'
import { addCorrelations, addRows, correlationName, effectRows } from '../runs/measured.ts'
import { type LabContext, say } from './context.ts'
import { measureNext } from './during.ts'

type Of<T extends LabMessage['type']> = Extract<LabMessage, { type: T }>

type Answer = Of<'measuring' | 'measured' | 'profile' | 'correlated' | 'measure-finished' | 'measure-failed'>

/** Rows are welcome from older measurements too; how far those are is not. */
const isOfMeasurement = (message: Answer): message is Of<'measuring' | 'measure-finished' | 'measure-failed'> =>
  message.type === 'measuring' || message.type === 'measure-finished' || message.type === 'measure-failed'

export function receiveMeasured(lab: LabContext, message: Answer): void {
  const { series, session } = lab
  if (isOfMeasurement(message) && message.request !== session.measurement) return
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
      lab.store.setState(({ measuring }) => ({
        measuring: { ...measuring, profile: { ...message.profile, runId: message.runId } },
      }))
      break
    case 'measure-finished':
      endMeasuring(lab, null)
      break
    case 'measure-failed':
      endMeasuring(lab, message.cancelled ? 'Cancelled; what was measured is kept.' : message.message)
      break
    default:
      message satisfies never
  }
}

function receiveProgress({ store }: LabContext, { done, total, secondsLeft }: Of<'measuring'>): void {
  const { measuring } = store.getState()
  if (!measuring.current) return
  const left = secondsLeft === null ? null : 1000 * secondsLeft
  store.setState({ measuring: { ...measuring, current: { ...measuring.current, done, total, left } } })
}

/** Without a text: it is finished. */
export function endMeasuring(lab: LabContext, text: string | null): void {
  const { store } = lab
  const { measuring } = store.getState()
  if (!measuring.current) return
  const { measurement, runId } = measuring.current
  const { kind } = measurement
  const isShown = runId === lab.series.current()?.id
  const unfinished = text === null || kind === 'profile' || !isShown ? null : measurement
  const note = text === null ? null : { kind, text }
  // A unit that could not be measured must not be asked for again by itself.
  const profile = kind === 'profile' && note ? null : measuring.profile
  store.setState({ measuring: { current: null, unfinished, finished: text === null, note, profile } })
  if (text) say(lab, text)
  else if (measurement.kind !== 'profile') say(lab, 'Measured; the charts show it.')
  correlate(lab, runId, measurement)
  measureNext(lab)
}

/** Asks how the impact of single units goes with their selectivity, now that there are more of them. */
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
