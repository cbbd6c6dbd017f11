/** Cumulative ablation of a checkpoint: rows of ablation-curves.csv. */
import { replacementOf } from '../measure/ablation.ts'
import { ablationCurves, plannedPoints } from '../measure/ablation-curves.ts'
import type { CheckpointName, CurvePointName, CurvesMeasurement } from '../protocol/measurement.ts'
import { type OpenedRun, openNetwork } from './open-run.ts'
import { probedUnits } from './probed-units.ts'
import { type Measuring, measuredOn, type ProgressOptions } from './rows.ts'

export type CurvesRequest = Pick<CurvesMeasurement, 'mode' | 'modules' | 'orders' | 'draws' | 'points'>

export interface CurvesOptions extends ProgressOptions {
  /** Whether a point was measured earlier; such points are left out. */
  readonly known?: (point: CurvePointName) => boolean
}

/** The cells that name a curve's checkpoint, data, mode and seed. */
export const curveKey = (run: OpenedRun, checkpoint: CheckpointName, { mode }: Pick<CurvesRequest, 'mode'>) => ({
  ...measuredOn(run, checkpoint),
  mode,
  seed: run.config.seed,
})

/** The points of all curves of a request, known or not. */
export const requestedPoints = ({ sites }: Pick<OpenedRun, 'sites'>, request: CurvesRequest): CurvePointName[] =>
  request.modules.flatMap((module) => plannedPoints(sites, module, request))

/** Measures the missing points of a checkpoint's curves. Loads no network where all are known. Throws AbortError. */
export async function* measureCurves(
  run: OpenedRun,
  checkpoint: CheckpointName,
  request: CurvesRequest,
  { known = () => false, onProgress }: CurvesOptions = {},
): Measuring {
  if (requestedPoints(run, request).every(known)) return
  const { seed } = run.config
  await using opened = await openNetwork(run, checkpoint)
  const units = await probedUnits(run, opened.network)
  const curves = { ...request, ...replacementOf(request.mode, units), selectivity: units.selectivity, seed, known }
  const options = { signal: run.signal, onProgress }
  const key = curveKey(run, checkpoint, request)
  for await (const point of ablationCurves(opened.network, run.heldOut, curves, options)) {
    yield { table: 'curves', cells: { ...key, ...point } }
  }
}
