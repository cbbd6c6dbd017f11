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
import type { LabState } from '../state.ts'
import { measureBlocker } from '../status.ts'
import type { Experiments } from './context.ts'
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

/** Resolves when the lab is no longer at something. */
const over = ({ host: { lab } }: Experiments, isOn: (state: LabState) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      if (isOn(lab.store.getState())) return
      end()
      resolve()
    }
    const end = lab.store.subscribe(look)
    look()
  })

/** One measurement to its end. Throws what kept it from that. */
async function measureOne(experiments: Experiments, run: Run, wish: Wish, signal: AbortSignal): Promise<void> {
  const { lab } = experiments.host
  const blocker = measureBlocker(lab.store.getState(), run)
  if (blocker) throw new Error(blocker)
  lab.measure(wish, run.id)
  const cancel = () => lab.cancelMeasure()
  signal.addEventListener('abort', cancel)
  await over(experiments, ({ measuring }) => measuring.current !== null)
  signal.removeEventListener('abort', cancel)
  signal.throwIfAborted()
  const { finished, note } = lab.store.getState().measuring
  if (finished !== true) throw new Error(note?.text ?? 'A measurement ended early.')
}

/** Has the images of an earlier run read again, where they are split by its seed. */
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
  const stored = id === undefined ? undefined : experiments.stored.get(id)
  if (stored && wasMeasured(stored, config, measure)) return
  const { series } = experiments.host
  const run = id === undefined ? null : series.find(id)
  if (!run) {
    throw new Error(
      'It was trained in an earlier visit and lacks measurements, and its checkpoints are no longer at hand. Remove it from the runs and start the plan again.',
    )
  }
  if (run !== series.current()) await readImages(experiments, config, own)
  for (const wish of wishesOf(measure, run)) {
    await gate.proceed(signal)
    await measureOne(experiments, run, wish, signal)
  }
}
