/** Trains and measures a plan's runs in the page, without changing the form. */
import type { RunConfig } from '../../config/config.ts'
import { type Measure, measuresAny, type PlannedRun } from '../../experiments/plan.ts'
import type { FoundRun, Gate, QueueHost } from '../../experiments/queue/run-plan.ts'
import type { LoggedEvent, RunEvent } from '../../protocol/run-events.ts'
import { sourceName } from '../names.ts'
import { isAbort, LabError } from '../pending.ts'
import type { ResumeOptions } from '../resume-actions.ts'
import { readerOf } from '../runs/open-actions.ts'
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

/** The listed runs of the same configuration and images. A run whose α the user moved is another one. */
function runsLike({ store, host }: Experiments, { config }: PlannedRun): LibraryRun[] {
  const data = loadedData(host.lab.store.getState().data)
  return store
    .getState()
    .runs.filter(
      ({ record }) =>
        same(record.config, config) && !record.held && (!data || record.fingerprint === data.report.fingerprint),
    )
}

/** A completed run of the same configuration and images, which is not trained again. */
function findRun(experiments: Experiments, run: PlannedRun): LibraryRun | undefined {
  const found = runsLike(experiments, run).filter(({ state }) => state === 'finished' || state === 'diverged')
  // A run with its checkpoints can be measured.
  return found.findLast(({ facts }) => facts.checkpoints.length > 0) ?? found.at(-1)
}

/** States of a run that can go on. */
const unfinished: ReadonlySet<LibraryRun['state']> = new Set([
  'interrupted',
  'stopped',
  'device-lost',
  'out-of-memory',
  'error',
])

/** The newest run of the same configuration and images that was interrupted and can be resumed. */
const findInterrupted = (experiments: Experiments, run: PlannedRun): LibraryRun | undefined =>
  runsLike(experiments, run).findLast(
    ({ state, stored, facts }) => stored && unfinished.has(state) && facts.points.length > 0,
  )

/** Throws LabError where the user has opened another dataset since the plan began. */
function throwIfOther({ host }: Experiments, { data: { source } }: RunConfig): void {
  const open = loadedData(host.lab.store.getState().data)?.report.source
  if (open === undefined || open === source) return
  throw new LabError(
    `This run uses ${sourceName(source)}, but ${sourceName(open)} is open. Open ${sourceName(source)}, then resume the plan.`,
  )
}

/** Goes on with the run that was interrupted. */
async function* goOn(
  experiments: Experiments,
  listed: LibraryRun,
  options: ResumeOptions,
): AsyncGenerator<LoggedEvent> {
  const { lab, series } = experiments.host
  await lab.openRun(await readerOf(experiments, listed), listed.id)
  if (series.current()?.id !== listed.id) throw new LabError(`${listed.record.name} could not be opened.`)
  yield* lab.resumedRun(options)
}

/** Trains one run and yields its events. A run that the user stops in the header ends the plan too. */
async function* trainRun(planning: Planning, run: PlannedRun, resumed: boolean): AsyncGenerator<RunEvent> {
  const { name, config } = run
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
    const interrupted = resumed ? findInterrupted(experiments, run) : undefined
    const options = { signal: controller.signal, onBegin }
    const events = interrupted ? goOn(experiments, interrupted, options) : lab.runConfig(config, options)
    for await (const event of events) {
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
    const state = findRun(experiments, run)?.state
    if (state === 'finished' || state === 'diverged') return state
    return findInterrupted(experiments, run) ? 'interrupted' : 'new'
  }
  const measureRun = (run: PlannedRun, signal: AbortSignal) => {
    const { newest } = planning
    const id = newest?.name === run.name ? newest.id : findRun(experiments, run)?.id
    return measurePlannedRun(planning, run, id, signal)
  }
  return {
    find: async (run) => find(run),
    runOne: (run, resumed) => trainRun(planning, run, resumed),
    ...(measuresAny(measure) ? { measure: measureRun } : {}),
    proceed: gate.proceed,
  }
}
