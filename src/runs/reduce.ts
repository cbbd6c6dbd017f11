/** Reduces events to a run, from which charts, tables and files are made. A run lives outside React and only grows. */

import type { GraphReport } from '../protocol/environment.ts'
import type { ActivityEvent, LoggedEvent, RecordedEvent } from '../protocol/run-events.ts'
import { type Columns, createColumns, type GrowingColumns } from './columns.ts'
import { logged } from './logged.ts'
import { createMeasured, type GrowingMeasured, type Measured, measuredView } from './measured.ts'
import { createLiveUnits, type LiveUnits } from './units/live.ts'
import { noUnits, type UnitsSource } from './units/source.ts'

export const stepKeys = [
  'step',
  'epoch',
  'time',
  'loss',
  'crossEntropy',
  'penalty',
  'alpha',
  'held',
  'learningRate',
  'top1',
  'top5',
  'images',
  'gpuBytes',
] as const
export type StepKey = (typeof stepKeys)[number]

/** An event of one type, with its time. */
export type Logged<T extends LoggedEvent['type']> = Extract<LoggedEvent, { type: T }>

/** Lists of events by type, each in order. */
interface Lists {
  readonly evaluations: readonly Logged<'evaluation'>[]
  /** With means of sites; `units` of the run reads the rest. */
  readonly probes: readonly Logged<'probe'>[]
  readonly checkpoints: readonly Logged<'checkpoint'>[]
  readonly warnings: readonly Logged<'warning'>[]
  /** Where the run went on with moved or changed images. */
  readonly dataChanges: readonly Logged<'data'>[]
  /** The beginning, and every time that the run went on: resumed, extended or forked from another run. */
  readonly starts: readonly Logged<'start'>[]
}

/** A run at one time, which charts, tables and files read. */
export interface Run extends Lists {
  readonly id: string
  /** The name in the list of runs; null for a run of this page, which has the name of its configuration. */
  readonly name: string | null
  /** Every recorded event, in order. */
  readonly events: readonly LoggedEvent[]
  readonly steps: Columns<StepKey>
  /** The GPU work of each graph, by the graph's name. */
  readonly graphs: ReadonlyMap<string, GraphReport>
  /** Measurements on the run's checkpoints. They are not part of its events. */
  readonly measured: Measured
  /** Reads the values of single units. */
  readonly units: UnitsSource
  /** The newest of `starts`. */
  readonly start: Logged<'start'> | null
  readonly activity: ActivityEvent['activity'] | null
  readonly end: Logged<'end'> | null
  /** Time of the newest event, in milliseconds since the start of the run. */
  readonly time: number
  /** The number of changes so far. */
  readonly version: number
}

/** A run that events are appended to. */
export interface GrowingRun extends Run {
  events: LoggedEvent[]
  steps: GrowingColumns<StepKey>
  evaluations: Logged<'evaluation'>[]
  probes: Logged<'probe'>[]
  checkpoints: Logged<'checkpoint'>[]
  warnings: Logged<'warning'>[]
  dataChanges: Logged<'data'>[]
  starts: Logged<'start'>[]
  readonly graphs: Map<string, GraphReport>
  readonly measured: GrowingMeasured
  readonly units: LiveUnits
  start: Logged<'start'> | null
  activity: ActivityEvent['activity'] | null
  end: Logged<'end'> | null
  time: number
  version: number
  /** The step behind which the run was cut last; null where it never was. */
  cutAt: number | null
}

/** A run without events. `stored` has the units of probes that are appended without their record. */
export const createRun = (id: string, stored: UnitsSource = noUnits, name: string | null = null): GrowingRun => ({
  id,
  name,
  events: [],
  steps: createColumns(stepKeys),
  evaluations: [],
  probes: [],
  checkpoints: [],
  warnings: [],
  dataChanges: [],
  starts: [],
  graphs: new Map(),
  measured: createMeasured(),
  units: createLiveUnits(stored),
  start: null,
  activity: null,
  end: null,
  time: 0,
  version: 0,
  cutAt: null,
})

const copies = new WeakMap<readonly object[], readonly object[]>()

/** A list so far: the same array until the list has grown. */
function copyOf<E extends object>(list: readonly E[]): readonly E[] {
  const known = copies.get(list) as readonly E[] | undefined
  if (known?.length === list.length) return known
  const copy = [...list]
  copies.set(list, copy)
  return copy
}

/**
 * The run so far, as a new object that later events and measurements do not change. Components can memoize on it, and on its
 * lists, which are the same as those of the view before unless they have grown.
 */
export function runView(run: GrowingRun): Run {
  const { events } = run
  const count = events.length
  return {
    ...run,
    // Copied on demand: there is an event for every step.
    get events() {
      return events.slice(0, count)
    },
    steps: run.steps.view(),
    evaluations: copyOf(run.evaluations),
    probes: copyOf(run.probes),
    checkpoints: copyOf(run.checkpoints),
    warnings: copyOf(run.warnings),
    dataChanges: copyOf(run.dataChanges),
    starts: copyOf(run.starts),
    graphs: new Map(run.graphs),
    measured: measuredView(run.measured),
  }
}

/** Adds one event to the run, in place; `units` is the record of a probe's units, which a recorded probe has itself. */
export function append(run: GrowingRun, added: LoggedEvent | RecordedEvent, units: Uint8Array | null = null): void {
  const { event, record } = logged(added)
  if (event.type === 'start' && event.fromStep < lastRecorded(run)) cutAfter(run, event.fromStep)
  run.version++
  run.time = event.time
  if (isRepeated(run, event)) return
  const own = units ?? record
  if (event.type === 'probe' && own) run.units.add(event, own)
  run.events.push(event)
  note(run, event)
}

function note(run: GrowingRun, event: LoggedEvent): void {
  switch (event.type) {
    case 'start':
      run.starts.push(event)
      run.start = event
      run.end = null
      return
    case 'step':
      run.steps.append({ ...event, held: event.held ? 1 : 0 })
      return
    case 'evaluation':
      run.evaluations.push(event)
      return
    case 'probe':
      run.probes.push(event)
      return
    case 'checkpoint':
      run.checkpoints.push(event)
      return
    case 'activity':
      run.activity = event.activity
      return
    case 'graph':
      run.graphs.set(event.graph.name, event.graph)
      return
    case 'warning':
      run.warnings.push(event)
      return
    case 'data':
      run.dataChanges.push(event)
      return
    case 'end':
      run.end = event
      run.activity = null
      return
    default:
      event satisfies never
  }
}

/** The step up to which the run has events; −1 before the first. */
const lastRecorded = ({ steps, events }: GrowingRun): number =>
  Math.max(steps.column('step').at(-1) ?? -1, momentStep(events.at(-1)))

const momentStep = (event: LoggedEvent | undefined): number => {
  if (!event) return -1
  // Records of earlier versions lack it.
  return event.type === 'start' ? (event.fromStep ?? 0) : event.step
}

/**
 * A run that goes on from a resume point takes the steps after it again, and its log was cut there: removes what came after
 * it, in place. Views of the run do not change.
 */
function cutAfter(run: GrowingRun, step: number): void {
  const upTo = <E extends LoggedEvent>(events: readonly E[]): E[] => events.filter((event) => momentStep(event) <= step)
  run.events = upTo(run.events)
  run.steps = run.steps.first(run.steps.column('step').filter((taken) => taken <= step).length)
  run.evaluations = upTo(run.evaluations)
  run.probes = upTo(run.probes)
  run.checkpoints = upTo(run.checkpoints)
  run.warnings = upTo(run.warnings)
  run.dataChanges = upTo(run.dataChanges)
  run.starts = upTo(run.starts)
  run.cutAt = step
}

/**
 * Whether the run has the event already. A cut keeps everything at the step of the resume point, but some of it may have come
 * after the point was saved, and comes again.
 */
function isRepeated(run: GrowingRun, event: LoggedEvent): boolean {
  if (event.type === 'start' || event.step !== run.cutAt) return false
  switch (event.type) {
    case 'evaluation':
      return run.evaluations.at(-1)?.step === event.step
    case 'probe':
      return run.probes.at(-1)?.step === event.step
    case 'checkpoint':
      return run.checkpoints.at(-1)?.step === event.step
    case 'warning':
      return run.warnings.some(({ step, message }) => step === event.step && message === event.message)
    default:
      return false
  }
}
