/** What a plan measures at the checkpoints of a run that the page has trained. */
import type { RunConfig } from '../../config/config.ts'
import {
  isMeasured,
  kindsOf,
  type Measure,
  type MeasureKind,
  type PlannedRun,
  savedEpochs,
} from '../../experiments/plan.ts'
import type { Gate } from '../../experiments/queue.ts'
import type { StoredRun } from '../../runs/library.ts'
import type { Run } from '../../runs/reduce.ts'
import { createTable, tables } from '../../runs/tables.ts'
import type { Wish } from '../measure-actions.ts'
import { measureBlocker } from '../status.ts'
import type { Experiments } from './context.ts'

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

const tableOf = { ablation: 'curves', units: 'units', linearity: 'linearity' } as const satisfies Record<
  MeasureKind,
  keyof typeof tables
>

/** Whether a run that is kept has rows of all that a plan measures, at all of its epochs. */
export function wasMeasured(
  { tables: texts }: Pick<StoredRun, 'tables'>,
  config: RunConfig,
  measure: Measure,
): boolean {
  const due = savedEpochs(config).filter((epoch) => isMeasured(measure, epoch))
  return kindsOf(measure).every((kind) => {
    const name = tableOf[kind]
    const there = new Set(
      createTable(tables[name], texts[name])
        .rows()
        .map(({ epoch }) => Number(epoch)),
    )
    return due.every((epoch) => there.has(epoch))
  })
}

/** Resolves when no measurement is on. */
const measured = ({ host: { lab } }: Experiments): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      if (lab.store.getState().measuring.current) return
      end()
      resolve()
    }
    const end = lab.store.subscribe(look)
    look()
  })

/** One measurement to its end. Throws what kept it from that. */
async function measureOne(experiments: Experiments, wish: Wish, signal: AbortSignal): Promise<void> {
  const { lab, series } = experiments.host
  const blocker = measureBlocker(lab.store.getState(), series.current())
  if (blocker) throw new Error(blocker)
  lab.measure(wish)
  const cancel = () => lab.cancelMeasure()
  signal.addEventListener('abort', cancel)
  await measured(experiments)
  signal.removeEventListener('abort', cancel)
  signal.throwIfAborted()
  const { unfinished, note } = lab.store.getState().measuring
  if (unfinished) throw new Error(note?.text ?? 'A measurement ended early.')
}

/**
 * Measures what is missing of the run that was trained last. Of earlier ones, whose images and checkpoints the worker has
 * left, nothing can be: rejects unless all of it is there.
 */
export async function measureRun(
  experiments: Experiments,
  { config }: PlannedRun,
  measure: Measure,
  { gate, id, signal }: { readonly gate: Gate; readonly id: string | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const stored = id === undefined ? undefined : experiments.stored.get(id)
  if (stored && wasMeasured(stored, config, measure)) return
  const run = experiments.host.series.current()
  if (!run || run.id !== id) {
    throw new Error(
      'It was trained before and lacks measurements, and its checkpoints are no longer at hand. Remove it from the runs and start the plan again.',
    )
  }
  for (const wish of wishesOf(measure, run)) {
    await gate.proceed(signal)
    await measureOne(experiments, wish, signal)
  }
}
