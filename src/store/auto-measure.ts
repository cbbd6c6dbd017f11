/** Measuring during training: the run pauses after the checkpoints of chosen epochs and then resumes by itself. */
import type { CheckpointEvent } from '../protocol/run-events.ts'
import { changeStatus, type LabContext, say, setMeasuring } from './context.ts'
import { measure } from './measure-actions.ts'
import type { MeasurementRequest } from './measurement-request.ts'

export function autoMeasureActions(lab: LabContext) {
  const { store, client } = lab
  return {
    /** Measures the run after the checkpoints of these epochs; an empty list ends that. */
    setAutoMeasure: (epochs: readonly number[], requests: readonly MeasurementRequest[]): void => {
      const autoMeasure =
        epochs.length > 0 && requests.length > 0 ? { epochs: [...epochs].sort((a, b) => a - b), requests } : null
      store.setState({ autoMeasure })
      client.post({ type: 'hold-at', epochs: autoMeasure?.epochs ?? [] })
      say(
        lab,
        autoMeasure
          ? `Measuring after epoch ${autoMeasure.epochs.join(', ')}.`
          : 'No more measurements during training.',
      )
    },
  }
}

export const clearQueue = (lab: LabContext): void => setMeasuring(lab, { queue: [] })

/** Queues the measurements of a checkpoint's epoch. */
export function checkpointSaved(lab: LabContext, { file, epoch }: CheckpointEvent): void {
  const { autoMeasure, run, measuring } = lab.store.getState()
  if (!autoMeasure?.epochs.includes(epoch) || run.status === 'stopping') return
  const at = (request: MeasurementRequest) => ({ ...request, checkpoints: [{ file, epoch }] }) as MeasurementRequest
  setMeasuring(lab, { queue: [...measuring.queue, ...autoMeasure.requests.map(at)] })
}

/** Measures the queued requests, now that the run takes no step: it is paused or has ended. */
export function runRests(lab: LabContext): void {
  const { store, client } = lab
  const { run, measuring } = store.getState()
  if (measuring.queue.length > 0) {
    changeStatus(lab, 'auto-pause')
    measureNext(lab)
    // The worker paused for requests that were withdrawn in the meantime.
  } else if (run.status === 'running') client.post({ type: 'resume' })
}

/** Starts the next queued measurement; after the last one, training resumes. */
export function measureNext(lab: LabContext): void {
  const { store, client } = lab
  for (;;) {
    const { measuring } = store.getState()
    const [request, ...queue] = measuring.queue
    if (!request || measuring.current) break
    setMeasuring(lab, { queue })
    measure(lab, request)
  }
  const { run, measuring } = store.getState()
  if (run.status !== 'auto-paused' || measuring.current) return
  client.post({ type: 'resume' })
  changeStatus(lab, 'resume')
  say(lab, `${measuring.note?.text ?? 'The measurement is done.'} Training resumes.`)
}
