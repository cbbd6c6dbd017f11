/** What a plan measures at the checkpoints of a run that the page has trained. */
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
import type { Wish } from '../measure-actions.ts'
import { measureBlocker } from '../status.ts'
import type { Experiments } from './context.ts'
import { notMeasuring, over } from './over.ts'
import { showConfig } from './show-config.ts'

/** The measurements, as they are asked of the worker one after another. */
export function wishesOf(measure: Measure, run: Run): Wish[] {
  const { ablation, units, linearity } = measure
  const checkpoints = run.checkpoints
    .filter(({ epoch }) => isMeasured(measure, epoch))
    .map(({ file, epoch }) => ({ file, epoch }))
  const every = [...new Set(run.start?.sites.map(({ module }) => module))]
  const zero = { checkpoints, mode: 'zero' } as const
  return [
    ...(ablation
      ? [
          {
            ...zero,
            kind: 'curves' as const,
            modules: ablation.modules ?? every,
            orders: ['selective', 'random'] as const,
            draws: ablation.draws,
            points: ablation.points,
          },
        ]
      : []),
    ...(units
      ? [{ ...zero, kind: 'effects' as const, units: { modules: units.modules ?? every, sample: units.sample } }]
      : []),
    ...(linearity ? [{ kind: 'linearity' as const, checkpoints }] : []),
  ]
}

const rowsOf = ({ tables: texts }: Pick<StoredRun, 'tables'>, name: keyof typeof tables) =>
  createTable(tables[name], texts[name]).rows()

/** Curves of all orders, each with all of its points. */
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

function hasLinearity(stored: Pick<StoredRun, 'tables'>, epochs: readonly number[]) {
  const rows = rowsOf(stored, 'linearity').filter(({ pairs }) => pairs === 'seeded')
  const there = new Set(rows.map(({ epoch }) => Number(epoch)))
  return epochs.every((epoch) => there.has(epoch))
}

/** Whether a run that is kept has all that a plan measures. */
export function wasMeasured(stored: Pick<StoredRun, 'tables'>, config: RunConfig, measure: Measure): boolean {
  const epochs = savedEpochs(config).filter((epoch) => isMeasured(measure, epoch))
  const { ablation, units, linearity } = measure
  return (
    (!ablation || hasCurves(stored, config, epochs, ablation)) &&
    (!units || hasUnits(stored, config, epochs, units)) &&
    (!linearity || hasLinearity(stored, epochs))
  )
}

/** One measurement to its end. Throws what kept it from that. */
async function measureOne(experiments: Experiments, run: Run, wish: Wish, signal: AbortSignal): Promise<void> {
  const { lab } = experiments.host
  await notMeasuring(experiments)
  const blocker = measureBlocker(lab.store.getState(), run)
  if (blocker) throw new Error(blocker)
  lab.measure(wish, run.id)
  const cancel = () => lab.cancelMeasure()
  signal.addEventListener('abort', cancel)
  await notMeasuring(experiments)
  signal.removeEventListener('abort', cancel)
  signal.throwIfAborted()
  const { finished, note } = lab.store.getState().measuring
  if (finished !== true) throw new Error(note?.text ?? 'A measurement ended early.')
}

/** Has the images of a run read again where the worker holds others, or none. */
async function readImages(experiments: Experiments, config: RunConfig, own: RunConfig): Promise<void> {
  const { lab } = experiments.host
  showConfig(experiments, config, own)
  if (!lab.readAgain()) return
  await over(experiments, ({ data }) => data.status === 'reading')
  const { data } = lab.store.getState()
  if (data.status === 'refused') throw new Error(data.message)
}

export interface MeasureOptions {
  readonly gate: Gate
  /** Of the run; undefined where there is none. */
  readonly id: string | undefined
  /** The visit's own configuration. */
  readonly own: RunConfig
  readonly signal: AbortSignal
}

/**
 * Measures what is missing of a run that this page has trained. Those of earlier visits have left no checkpoints: rejects
 * unless all of it is there.
 */
export async function measureRun(
  experiments: Experiments,
  { config }: PlannedRun,
  measure: Measure,
  { gate, id, own, signal }: MeasureOptions,
): Promise<void> {
  const run = id === undefined ? null : experiments.host.series.find(id)
  if (!run) {
    const stored = id === undefined ? undefined : experiments.stored.get(id)
    if (stored && wasMeasured(stored, config, measure)) return
    throw new Error(
      'It was trained in an earlier visit and lacks measurements, and its checkpoints are no longer at hand. Remove it from the runs and start the plan again.',
    )
  }
  await readImages(experiments, config, own)
  for (const wish of wishesOf(measure, run)) {
    await gate.proceed(signal)
    await measureOne(experiments, run, wish, signal)
  }
}
