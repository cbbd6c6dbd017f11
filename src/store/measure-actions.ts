/** Measuring checkpoints of the runs on this page. */
import type { MeasuredRun, Measurement } from '../protocol/measurement.ts'
import type { Run } from '../runs/reduce.ts'
import { type LabContext, say, setMeasuring, setRequests } from './context.ts'
import { type MeasurementRequest, measuredRunOf, remaining } from './measurement-request.ts'
import { createDeferred, LabError } from './pending.ts'
import { notMeasuring } from './state.ts'
import { measureBlocker } from './status.ts'

export interface MeasureOptions {
  /** The run to measure; the shown one without it. */
  readonly id?: string
  /** Cancels the measurement. */
  readonly signal?: AbortSignal
}

/** Says that all results are known. */
function nothingToMeasure({ store }: LabContext, { kind }: MeasurementRequest): void {
  const text = 'These measurements exist already.'
  store.setState(({ measuring: { queue, profile } }) => ({
    measuring: { ...notMeasuring, queue, profile, finished: true, note: { kind, text } },
    status: text,
  }))
}

function showMeasuring(lab: LabContext, runId: string, measurement: Measurement): void {
  const total = measurement.checkpoints.length
  const current = { runId, measurement, done: 0, total, left: null, cancelling: false }
  setMeasuring(lab, { current, unfinished: null, finished: null, note: null })
  if (measurement.kind !== 'profile') say(lab, 'Measuring.')
}

interface Measurable {
  readonly run: Run
  readonly measured: MeasuredRun
}

/** The run to measure, or why it cannot be measured. */
function measurableRun({ store, series }: LabContext, id?: string): Measurable | string {
  const run = id === undefined ? series.shown() : series.find(id)
  const blocker = measureBlocker(store.getState(), run)
  const measured = run && measuredRunOf(run)
  return !blocker && run && measured ? { run, measured } : (blocker ?? 'This run is no longer on this page.')
}

function begin(lab: LabContext, { run, measured }: Measurable, request: MeasurementRequest): Promise<void> {
  const measurement = remaining(request, run.measured)
  if (!measurement) {
    nothingToMeasure(lab, request)
    return Promise.resolve()
  }
  const number = lab.store.getState().requests.measurement + 1
  setRequests(lab, { measurement: number })
  const deferred = createDeferred()
  lab.pending.measurement = deferred
  showMeasuring(lab, run.id, measurement)
  lab.client.post({ type: 'measure', request: number, run: measured, measurement })
  return deferred.promise
}

/**
 * Measures the results of a run that are not known yet. Resolves when all are known. Rejects with LabError when it cannot
 * start or fails, with AbortError when the user or the signal cancels it; results up to then stay.
 */
export async function measureRun(
  lab: LabContext,
  request: MeasurementRequest,
  { id, signal }: MeasureOptions = {},
): Promise<void> {
  signal?.throwIfAborted()
  const found = measurableRun(lab, id)
  if (typeof found === 'string') throw new LabError(found)
  const cancel = () => cancelMeasure(lab)
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    await begin(lab, found, request)
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

/** Measures a run; the state shows why it cannot start, or how it ends. */
export function measure(lab: LabContext, request: MeasurementRequest, id?: string): void {
  const found = measurableRun(lab, id)
  if (typeof found === 'string') say(lab, found)
  else void begin(lab, found, request)
}

function cancelMeasure(lab: LabContext): void {
  const { current } = lab.store.getState().measuring
  if (!current) return
  lab.client.post({ type: 'cancel-measure' })
  setMeasuring(lab, { queue: [], current: { ...current, cancelling: true } })
}

/** Resolves when no measurement is running, including queued ones. */
async function measuringEnded({ pending }: LabContext): Promise<void> {
  while (pending.measurement) await pending.measurement.promise.catch(() => {})
}

export function measureActions(lab: LabContext) {
  const { store } = lab
  return {
    /** Measures a run, the shown one without an id; the state shows why it cannot start, or how it ends. */
    measure: (request: MeasurementRequest, id?: string): void => measure(lab, request, id),
    measureRun: (request: MeasurementRequest, options?: MeasureOptions): Promise<void> =>
      measureRun(lab, request, options),
    /** Resolves when no measurement is running, including queued ones. */
    measuringEnded: (): Promise<void> => measuringEnded(lab),
    /** Resumes the measurement that was cancelled or failed. */
    resumeMeasure: (): void => {
      const { unfinished } = store.getState().measuring
      if (unfinished) measure(lab, unfinished)
    },
    cancelMeasure: (): void => cancelMeasure(lab),
    /** Selects a unit of a site; null selects the whole site. */
    lookAtUnit: (site: string, unit: number | null): void =>
      store.setState(({ view }) => ({ view: { ...view, site, unit } })),
  }
}
