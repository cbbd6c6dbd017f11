/** Reduces events to a run, from which charts, tables and files are made. A run lives outside React and only grows. */

import type { GraphReport } from '../protocol/environment.ts'
import type {
  ActivityEvent,
  CheckpointEvent,
  DataEvent,
  EndEvent,
  EvaluationEvent,
  ProbeEvent,
  RecordedEvent,
  StartEvent,
  WarningEvent,
} from '../protocol/run-events.ts'
import { type Columns, createColumns, type GrowingColumns } from './columns.ts'
import { createMeasured, type GrowingMeasured, type Measured, measuredView } from './measured.ts'

const stepKeys = [
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

/** A run at one time, which charts, tables and files read. */
export interface Run {
  readonly id: string
  /** Every recorded event, in order. */
  readonly events: readonly RecordedEvent[]
  readonly steps: Columns<StepKey>
  readonly evaluations: readonly (EvaluationEvent & { time: number })[]
  readonly probes: readonly (ProbeEvent & { time: number })[]
  readonly checkpoints: readonly (CheckpointEvent & { time: number })[]
  readonly warnings: readonly (WarningEvent & { time: number })[]
  /** Where the run went on with moved or changed images. */
  readonly dataChanges: readonly (DataEvent & { time: number })[]
  /** The GPU work of each graph, by the graph's name. */
  readonly graphs: ReadonlyMap<string, GraphReport>
  /** Measurements on the run's checkpoints. They are not part of its events. */
  readonly measured: Measured
  readonly start: StartEvent | null
  readonly activity: ActivityEvent['activity'] | null
  readonly end: EndEvent | null
  /** Time of the newest event, in milliseconds since the start of the run. */
  readonly time: number
  /** The number of events so far. */
  readonly version: number
}

/** A run that events are appended to. */
export interface GrowingRun extends Run {
  readonly events: RecordedEvent[]
  readonly steps: GrowingColumns<StepKey>
  readonly evaluations: (EvaluationEvent & { time: number })[]
  readonly probes: (ProbeEvent & { time: number })[]
  readonly checkpoints: (CheckpointEvent & { time: number })[]
  readonly warnings: (WarningEvent & { time: number })[]
  readonly dataChanges: (DataEvent & { time: number })[]
  readonly graphs: Map<string, GraphReport>
  readonly measured: GrowingMeasured
  start: StartEvent | null
  activity: ActivityEvent['activity'] | null
  end: EndEvent | null
  time: number
  version: number
}

export const createRun = (id: string): GrowingRun => ({
  id,
  events: [],
  steps: createColumns(stepKeys),
  evaluations: [],
  probes: [],
  checkpoints: [],
  warnings: [],
  dataChanges: [],
  graphs: new Map(),
  measured: createMeasured(),
  start: null,
  activity: null,
  end: null,
  time: 0,
  version: 0,
})

/** The run so far, as a new object that later events and measurements do not change. Components can memoize on it. */
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
    evaluations: [...run.evaluations],
    probes: [...run.probes],
    checkpoints: [...run.checkpoints],
    warnings: [...run.warnings],
    dataChanges: [...run.dataChanges],
    graphs: new Map(run.graphs),
    measured: measuredView(run.measured),
  }
}

/** Adds one event to the run, in place. */
export function append(run: GrowingRun, event: RecordedEvent): void {
  run.events.push(event)
  run.time = event.time
  run.version++
  switch (event.type) {
    case 'start':
      run.start = event
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
