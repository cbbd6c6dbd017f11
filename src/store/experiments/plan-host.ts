/** A plan's runs in the page: each goes through the form, Start and the worker like any other. */
import type { RunConfig } from '../../config/config.ts'
import { type Measure, measuresAny, type PlannedRun } from '../../experiments/plan.ts'
import type { FoundRun, Gate, QueueHost } from '../../experiments/queue.ts'
import type { RunEvent } from '../../protocol/run-events.ts'
import { loadedData, startBlocker } from '../status.ts'
import type { Experiments } from './context.ts'
import { notMeasuring } from './over.ts'
import { measureRun } from './plan-measure.ts'
import { showConfig } from './show-config.ts'
import type { LibraryRun } from './state.ts'

/** Resolves at the next change of the lab's state or of its run. */
function change({ host }: Experiments): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const end of ends) end()
      resolve()
    }
    const ends = [host.lab.store.subscribe(done), host.series.subscribe(done)]
  })
}

/** The id of the run that Start began, once its data are read. Throws what kept it from beginning. */
async function begun(experiments: Experiments, before: string | null): Promise<string> {
  const { store } = experiments.host.lab
  for (;;) {
    const { run, data } = store.getState()
    if (run.id !== null && run.id !== before) return run.id
    if (data.status === 'refused') throw new Error(data.message)
    if (data.status !== 'reading') throw new Error('Reading its images was cancelled.')
    await change(experiments)
  }
}

/** The run's newest event whenever there are new ones, `end` last. Throws where the run could not begin. */
export async function* trained(
  experiments: Experiments,
  config: RunConfig,
  own: RunConfig,
  onBegin: (id: string) => void,
): AsyncGenerator<RunEvent> {
  const { lab, series } = experiments.host
  const before = lab.store.getState().run.id
  showConfig(experiments, config, own)
  await notMeasuring(experiments)
  const blocker = startBlocker(lab.store.getState())
  if (blocker) throw new Error(blocker)
  lab.start()
  const id = await begun(experiments, before)
  onBegin(id)
  let seen = 0
  for (;;) {
    const { run, failure } = lab.store.getState()
    if (run.id !== id) throw new Error(failure ?? 'The run could not begin.')
    const events = series.current()?.events ?? []
    const { length } = events
    if (length === seen) {
      await change(experiments)
      continue
    }
    seen = length
    const newest = events[length - 1]
    yield newest
    if (newest.type === 'end') return
  }
}

const same = (a: RunConfig, b: RunConfig) => JSON.stringify(a) === JSON.stringify(b)

/** A run of the same configuration and images that came to its end: it is not trained again. */
function atHand({ store, host }: Experiments, { config }: PlannedRun): LibraryRun | undefined {
  const data = loadedData(host.lab.store.getState().data)
  const found = store
    .getState()
    .runs.filter(
      ({ record }) =>
        same(record.config, config) &&
        (record.state === 'finished' || record.state === 'diverged') &&
        !record.held &&
        (!data || record.fingerprint === data.report.fingerprint),
    )
  // One whose checkpoints are here can still be measured.
  return found.findLast(({ id }) => host.series.find(id) !== null) ?? found.at(-1)
}

export function pageHost(experiments: Experiments, gate: Gate, own: RunConfig, measure: Measure): QueueHost {
  const find = (run: PlannedRun): FoundRun => {
    const state = atHand(experiments, run)?.record.state
    return state === 'finished' || state === 'diverged' ? state : 'new'
  }
  let newest: { readonly name: string; readonly id: string } | undefined
  const runOne: QueueHost['runOne'] = ({ name, config }) =>
    trained(experiments, config, own, (id) => {
      newest = { name, id }
      if (gate.paused()) experiments.host.lab.pause()
    })
  const measureOne = async (run: PlannedRun, signal: AbortSignal) => {
    const id = newest?.name === run.name ? newest.id : atHand(experiments, run)?.id
    await measureRun(experiments, run, measure, { gate, id, own, signal })
  }
  return {
    find: async (run) => find(run),
    runOne,
    ...(measuresAny(measure) ? { measure: measureOne } : {}),
    proceed: gate.proceed,
  }
}
