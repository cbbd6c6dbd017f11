/** Measuring the checkpoints of the run at hand. */
import type { CurvesMeasurement, EffectsMeasurement, MeasuredRun, Measurement } from '../protocol/measurement.ts'
import { knownPoints, knownUnits, linearityRows, type Measured } from '../runs/measured.ts'
import type { Run } from '../runs/reduce.ts'
import { type LabContext, say } from './context.ts'
import { measureBlocker } from './status.ts'

type Without<T extends Measurement> = T extends CurvesMeasurement | EffectsMeasurement ? Omit<T, 'known'> : T

/** A measurement that is asked for; what is known already is not done again. */
export type Wish = Without<Measurement>

const runOf = ({ id, start }: Run): MeasuredRun | null =>
  start && {
    id,
    config: start.config,
    classes: start.classes.map((one) => one.id),
    kernels: start.environment.kernels,
    fingerprint: start.environment.data.fingerprint,
  }

/** What is left to do; null where nothing is. */
function measurementOf(wish: Wish, measured: Measured): Measurement | null {
  if (wish.kind === 'curves') return { ...wish, known: knownPoints(measured, wish.mode) }
  if (wish.kind === 'effects') return { ...wish, known: knownUnits(measured, wish.mode) }
  if (wish.kind !== 'linearity') return wish
  const seeded = linearityRows(measured).filter(({ pairs }) => pairs === 'seeded')
  const known = new Set(seeded.map(({ checkpoint }) => checkpoint))
  const checkpoints = wish.checkpoints.filter(({ file }) => !known.has(file))
  return checkpoints.length > 0 ? { ...wish, checkpoints } : null
}

/** Measures what is not known yet of a run of this page, of the current one unless another is named. */
export function measure(lab: LabContext, wish: Wish, id?: string): void {
  const { store, series, client, session } = lab
  const run = id === undefined ? series.current() : series.find(id)
  const blocker = measureBlocker(store.getState(), run)
  const measuredRun = run && runOf(run)
  if (blocker || !run || !measuredRun) {
    say(lab, blocker ?? '')
    return
  }
  const measurement = measurementOf(wish, run.measured)
  const { profile } = store.getState().measuring
  if (!measurement) {
    const text = 'What was asked for is measured already.'
    const note = { kind: wish.kind, text }
    store.setState({ measuring: { current: null, unfinished: null, finished: true, note, profile }, status: text })
    return
  }
  const request = ++session.measurement
  const { id: runId } = run
  const current = { runId, measurement, done: 0, total: measurement.checkpoints.length, left: null, cancelling: false }
  store.setState({ measuring: { current, unfinished: null, finished: null, note: null, profile } })
  if (measurement.kind !== 'profile') say(lab, 'Measuring.')
  client.post({ type: 'measure', request, run: measuredRun, measurement })
}

export function measureActions(lab: LabContext) {
  const { store, client, session } = lab
  return {
    /** Measures what is not known yet of a run of this page, of the current one unless another is named. */
    measure: (wish: Wish, id?: string): void => measure(lab, wish, id),
    /** Goes on with what was cancelled or failed. */
    resumeMeasure: (): void => {
      const { unfinished } = store.getState().measuring
      if (unfinished) measure(lab, unfinished)
    },
    cancelMeasure: (): void => {
      const { measuring } = store.getState()
      if (!measuring.current) return
      session.due = []
      client.post({ type: 'cancel-measure' })
      store.setState({ measuring: { ...measuring, current: { ...measuring.current, cancelling: true } } })
    },
    /** Selects a unit of a site; null goes back to the site. */
    lookAtUnit: (site: string, unit: number | null): void =>
      store.setState(({ view }) => ({ view: { ...view, site, unit } })),
  }
}
