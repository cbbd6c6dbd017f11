/** Runs a measurement request over its checkpoints: one generator of rows for every kind of table. */
import type { CheckpointName, CurvePointName, Measurement } from '../protocol/measurement.ts'
import { measureCurves } from './curves.ts'
import { measureEffects } from './effects.ts'
import { measureUnitIndices } from './indices.ts'
import { measureLinearity } from './linearity.ts'
import type { OpenedRun } from './open-run.ts'
import { eachCheckpoint, type Measuring, type ProgressOptions } from './rows.ts'

/** A measurement that fills a table. */
export type TableMeasurement = Exclude<Measurement, { kind: 'profile' }>

type Measure = (checkpoint: CheckpointName, onProgress: ProgressOptions['onProgress']) => Measuring<unknown>

const pointName = ({ module, order, draw, n }: CurvePointName) => [module, order, draw, n].join(' ')

/** How to measure one checkpoint; rows that the request knows already are left out. */
function measureOf(run: OpenedRun, request: TableMeasurement): Measure {
  switch (request.kind) {
    case 'curves':
      return (checkpoint, onProgress) => {
        const names = new Set(request.known[checkpoint.file]?.map(pointName))
        return measureCurves(run, checkpoint, request, { known: (point) => names.has(pointName(point)), onProgress })
      }
    case 'effects':
      return (checkpoint, onProgress) => {
        const units = Object.entries(request.known[checkpoint.file] ?? {})
        const known = new Map(units.map(([site, own]) => [site, new Set(own)]))
        const isKnown = (site: string, unit: number) => known.get(site)?.has(unit) ?? false
        return measureEffects(run, checkpoint, request, { known: isKnown, onProgress })
      }
    case 'linearity':
      return (checkpoint, onProgress) => measureLinearity(run, checkpoint, { onProgress })
    case 'indices':
      return (checkpoint, onProgress) => measureUnitIndices(run, checkpoint, request.indices, { onProgress })
    default:
      return request satisfies never
  }
}

/** Yields the rows of a request, checkpoint by checkpoint. onProgress: checkpoints done, with a fraction, and their number. */
export async function* measure(
  run: OpenedRun,
  request: TableMeasurement,
  onProgress?: (done: number, total: number) => void,
): Measuring {
  yield* eachCheckpoint(run, request.checkpoints, measureOf(run, request), onProgress)
}
