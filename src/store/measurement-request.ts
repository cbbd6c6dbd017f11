/** The measurement requests that the page sends to the worker. */
import type { CurvesMeasurement, EffectsMeasurement, MeasuredRun, Measurement } from '../protocol/measurement.ts'
import { knownPoints, knownUnits, linearityRows, type Measured } from '../runs/measured.ts'
import type { Run } from '../runs/reduce.ts'

type WithoutKnown<T extends Measurement> = T extends CurvesMeasurement | EffectsMeasurement ? Omit<T, 'known'> : T

/** A measurement without the list of known results, which the store adds, so that nothing is measured twice. */
export type MeasurementRequest = WithoutKnown<Measurement>

/** The part of a run that the worker needs to measure it; null before the run's start event. */
export function measuredRunOf({ id, start }: Run): MeasuredRun | null {
  if (!start) return null
  const { fingerprint, contents, images, used } = start.environment.data
  return {
    id,
    config: start.config,
    classes: start.classes.map((one) => one.id),
    kernels: start.environment.kernels,
    fingerprint,
    contents,
    images,
    ...(used ? { used } : {}),
  }
}

/** The measurement that is left to do; null when its results are all known. */
export function remaining(request: MeasurementRequest, measured: Measured): Measurement | null {
  if (request.kind === 'curves') return { ...request, known: knownPoints(measured, request.mode) }
  if (request.kind === 'effects') return { ...request, known: knownUnits(measured, request.mode) }
  if (request.kind !== 'linearity') return request
  const seeded = linearityRows(measured).filter(({ pairs }) => pairs === 'seeded')
  const known = new Set(seeded.map(({ checkpoint }) => checkpoint))
  const checkpoints = request.checkpoints.filter(({ file }) => !known.has(file))
  return checkpoints.length > 0 ? { ...request, checkpoints } : null
}
