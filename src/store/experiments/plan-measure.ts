/** Measures the checkpoints of a plan's runs in the page. */
import { rollup } from 'd3-array'
import type { RunConfig } from '../../config/config.ts'
import { unitsByModule } from '../../experiments/estimate.ts'
import {
  type AblationMeasure,
  isMeasured,
  type Measure,
  type PlannedRun,
  savedEpochs,
  type UnitsMeasure,
} from '../../experiments/plan.ts'
import type { Gate } from '../../experiments/queue.ts'
import type { StoredRun } from '../../runs/library.ts'
import type { Run } from '../../runs/reduce.ts'
import { createTable, tables } from '../../runs/tables.ts'
import type { MeasurementRequest } from '../measurement-request.ts'
import type { Experiments } from './context.ts'

/** A plan's measurements of a run, one request for each kind. */
function requestsOf(measure: Measure, run: Run): MeasurementRequest[] {
  const { ablation, units, linearity } = measure
  const checkpoints = run.checkpoints
    .filter(({ epoch }) => isMeasured(measure, epoch))
    .map(({ file, epoch }) => ({ file, epoch }))
  const every = [...new Set(run.start?.sites.map(({ module }) => module))]
  const requests: MeasurementRequest[] = []
  if (ablation) {
    const { modules, draws, points } = ablation
    const orders = ['selective', 'random'] as const
    requests.push({ kind: 'curves', checkpoints, mode: 'zero', modules: modules ?? every, orders, draws, points })
  }
  if (units) {
    const chosen = { modules: units.modules ?? every, sample: units.sample }
    requests.push({ kind: 'effects', checkpoints, mode: 'zero', units: chosen })
  }
  if (linearity) requests.push({ kind: 'linearity', checkpoints })
  return requests
}

const rowsOf = ({ tables: texts }: Pick<StoredRun, 'tables'>, name: keyof typeof tables) =>
  createTable(tables[name], texts[name]).rows()

/** Whether the curves of all orders exist, each with all its points. */
function hasCurves(
  stored: Pick<StoredRun, 'tables'>,
  config: RunConfig,
  epochs: readonly number[],
  plan: AblationMeasure,
) {
  const rows = rowsOf(stored, 'curves').filter(({ mode }) => mode === 'zero')
  const points = rollup(
    rows,
    (own) => own.length,
    ({ epoch, module, order, draw }) => `${epoch} ${module} ${order} ${draw}`,
  )
  const curves = ['selective 0', ...Array.from({ length: plan.draws }, (_, draw) => `random ${draw}`)]
  return unitsByModule(config, plan.modules).every(({ module, ofSite }) =>
    epochs.every((epoch) =>
      curves.every((curve) => (points.get(`${epoch} ${module} ${curve}`) ?? 0) >= Math.min(plan.points, ofSite + 1)),
    ),
  )
}

/** Whether enough single units of every module were measured. */
function hasUnits(stored: Pick<StoredRun, 'tables'>, config: RunConfig, epochs: readonly number[], plan: UnitsMeasure) {
  const rows = rowsOf(stored, 'units').filter(({ mode }) => mode === 'zero')
  const units = rollup(
    rows,
    (own) => own.length,
    ({ epoch, module }) => `${epoch} ${module}`,
  )
  return unitsByModule(config, plan.modules).every(({ module, inAll }) =>
    epochs.every((epoch) => (units.get(`${epoch} ${module}`) ?? 0) >= Math.min(plan.sample ?? inAll, inAll)),
  )
}

/** Whether the linearity of every checkpoint was measured. */
function hasLinearity(stored: Pick<StoredRun, 'tables'>, epochs: readonly number[]) {
  const rows = rowsOf(stored, 'linearity').filter(({ pairs }) => pairs === 'seeded')
  const measured = new Set(rows.map(({ epoch }) => Number(epoch)))
  return epochs.every((epoch) => measured.has(epoch))
}

/** Whether a stored run has all measurements of a plan. */
export function wasMeasured(stored: Pick<StoredRun, 'tables'>, config: RunConfig, measure: Measure): boolean {
  const epochs = savedEpochs(config).filter((epoch) => isMeasured(measure, epoch))
  const { ablation, units, linearity } = measure
  return (
    (!ablation || hasCurves(stored, config, epochs, ablation)) &&
    (!units || hasUnits(stored, config, epochs, units)) &&
    (!linearity || hasLinearity(stored, epochs))
  )
}

/** The parts of a plan in progress that measuring needs. */
interface MeasuringPlan {
  readonly experiments: Experiments
  readonly gate: Gate
  readonly measure: Measure
}

/**
 * Takes the missing measurements of a run. `id` is undefined when no such run is listed. A run of an earlier visit no longer
 * has its checkpoints: rejects unless all its measurements exist. Rejects with AbortError when the signal is aborted.
 */
export async function measurePlannedRun(
  { experiments, gate, measure }: MeasuringPlan,
  { config }: PlannedRun,
  id: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { lab, series } = experiments.host
  const run = id === undefined ? null : series.find(id)
  if (!run) {
    const stored = id === undefined ? undefined : experiments.stored.get(id)
    if (stored && wasMeasured(stored, config, measure)) return
    throw new Error(
      'This run was trained in an earlier visit and lacks measurements, and its checkpoints no longer exist. Remove it from the list of runs and start the plan again.',
    )
  }
  await lab.readFor(config, signal)
  for (const request of requestsOf(measure, run)) {
    await gate.proceed(signal)
    await lab.measuringEnded()
    await lab.measureRun(request, { id, signal })
  }
}
