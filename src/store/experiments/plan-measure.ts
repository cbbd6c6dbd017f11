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
import type { Gate } from '../../experiments/queue/run-plan.ts'
import { openRunReader } from '../../runs/format/reader.ts'
import type { Run } from '../../runs/reduce.ts'
import { createTable, type MeasuredTexts, tables } from '../../runs/tables.ts'
import type { MeasurementRequest } from '../measurement-request.ts'
import { showRun } from '../runs/open-actions.ts'
import { type Experiments, filesOf } from './context.ts'
import type { LibraryRun } from './state.ts'

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

/** The measurement tables of a run, as CSV. */
interface Tabled {
  readonly tables: MeasuredTexts
}

const rowsOf = ({ tables: texts }: Tabled, name: keyof typeof tables) => createTable(tables[name], texts[name]).rows()

/** Whether the curves of all orders exist, each with all its points. */
function hasCurves(stored: Tabled, config: RunConfig, epochs: readonly number[], plan: AblationMeasure) {
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
function hasUnits(stored: Tabled, config: RunConfig, epochs: readonly number[], plan: UnitsMeasure) {
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
function hasLinearity(stored: Tabled, epochs: readonly number[]) {
  const rows = rowsOf(stored, 'linearity').filter(({ pairs }) => pairs === 'seeded')
  const measured = new Set(rows.map(({ epoch }) => Number(epoch)))
  return epochs.every((epoch) => measured.has(epoch))
}

/** Whether a stored run has all measurements of a plan. */
export function wasMeasured(stored: Tabled, config: RunConfig, measure: Measure): boolean {
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

/** Shows a run of an earlier visit, which is then measured like one of this page. Rejects where it has no checkpoints. */
async function openListed(experiments: Experiments, listed: LibraryRun | undefined): Promise<void> {
  if (listed && listed.facts.checkpoints.length > 0) {
    await showRun(experiments, listed)
    return
  }
  throw new Error(
    'This run lacks measurements, and its checkpoints are not there. Delete it in Runs and start the plan again.',
  )
}

/**
 * Takes the missing measurements of a run. `id` is undefined when no such run is listed. Rejects for a run without checkpoints,
 * unless all its measurements exist, and with AbortError when the signal is aborted.
 */
export async function measurePlannedRun(
  { experiments, gate, measure }: MeasuringPlan,
  { config }: PlannedRun,
  id: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { lab, series } = experiments.host
  if (id === undefined) return openListed(experiments, undefined)
  if (!series.find(id)) {
    const listed = experiments.store.getState().runs.find((run) => run.id === id)
    const reader = listed && (await openRunReader(filesOf(experiments, id), listed.info.name))
    if (reader && wasMeasured({ tables: await reader.tables() }, config, measure)) return
    await openListed(experiments, listed)
  }
  await lab.readFor(config, signal)
  const run = series.find(id)
  for (const request of run ? requestsOf(measure, run) : []) {
    await gate.proceed(signal)
    await lab.measuringEnded()
    await lab.measureRun(request, { id, signal })
  }
}
