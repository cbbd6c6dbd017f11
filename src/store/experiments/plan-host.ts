/** Trains and measures a plan's runs in the page, without changing the form. */
import type { RunConfig } from '../../config/config.ts'
import { type Measure, measuresAny, type PlannedRun } from '../../experiments/plan.ts'
import type { FoundRun, Gate, QueueHost } from '../../experiments/queue.ts'
import type { RunEvent } from '../../protocol/run-events.ts'
import { sourceName } from '../names.ts'
import { isAbort, LabError } from '../pending.ts'
import { loadedData } from '../status.ts'
import type { Experiments } from './context.ts'
import { measurePlannedRun } from './plan-measure.ts'
import type { LibraryRun } from './state.ts'

/** A plan in progress. */
export interface Planning {
  readonly experiments: Experiments
  /** Holds the plan between runs while it is paused. */
  readonly gate: Gate
  readonly measure: Measure
  /** Ends the plan. */
  readonly controller: AbortController
  /** The run that the plan started last. */
  newest: { readonly name: string; readonly id: string } | null
}

const same = (a: RunConfig, b: RunConfig) => JSON.stringify(a) === JSON.stringify(b)

/** A completed run of the same configuration and images, which is not trained again. */
function findRun({ store, host }: Experiments, { config }: PlannedRun): LibraryRun | undefined {
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
  // A run with its checkpoints can be measured.
  return found.findLast(({ facts }) => facts.checkpoints.length > 0) ?? found.at(-1)
}

/** Throws LabError where the user has opened another dataset since the plan began. */
function throwIfOther({ host }: Experiments, { data: { source } }: RunConfig): void {
  const open = loadedData(host.lab.store.getState().data)?.report.source
  if (open === undefined || open === source) return
  throw new LabError(
    `This run uses ${sourceName(source)}, but ${sourceName(open)} is open. Open ${sourceName(source)}, then resume the plan.`,
  )
}

/** Trains one run and yields its events. A run that the user stops in the header ends the plan too. */
async function* trainRun(planning: Planning, { name, config }: PlannedRun): AsyncGenerator<RunEvent> {
  const { experiments, gate, controller } = planning
  const { lab } = experiments.host
  await lab.measuringEnded()
  throwIfOther(experiments, config)
  let begun = false
  const onBegin = (id: string) => {
    begun = true
    planning.newest = { name, id }
    if (gate.paused()) lab.pause()
  }
  try {
    for await (const event of lab.runConfig(config, { signal: controller.signal, onBegin })) {
      if (event.type === 'end' && event.reason === 'stopped') controller.abort()
      // The queue does not read the values of units.
      yield event.type === 'probe' ? { ...event, sites: [] } : event
    }
  } catch (error) {
    // The run was stopped before its first step. If the user only refuses the reading of its images, the run fails and
    // the plan continues.
    if (begun && isAbort(error)) controller.abort()
    throw error
  }
}

/** The parts of the plan's queue that depend on the page. */
export function pageHost(planning: Planning): QueueHost {
  const { experiments, gate, measure } = planning
  const find = (run: PlannedRun): FoundRun => {
    const state = findRun(experiments, run)?.record.state
    return state === 'finished' || state === 'diverged' ? state : 'new'
  }
  const measureRun = (run: PlannedRun, signal: AbortSignal) => {
    const { newest } = planning
    const id = newest?.name === run.name ? newest.id : findRun(experiments, run)?.id
    return measurePlannedRun(planning, run, id, signal)
  }
  return {
    find: async (run) => find(run),
    runOne: (run) => trainRun(planning, run),
    ...(measuresAny(measure) ? { measure: measureRun } : {}),
    proceed: gate.proceed,
  }
}
