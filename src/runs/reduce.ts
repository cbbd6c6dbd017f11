/** Reduces events to a run, from which charts, tables and files are made. A run lives outside React and only grows. */

import type { GraphReport } from '../protocol/environment.ts'
import type {
  ActivityEvent,
  CheckpointEvent,
  EndEvent,
  EvaluationEvent,
  ProbeEvent,
  RecordedEvent,
  StartEvent,
  WarningEvent,
} from '../protocol/run-events.ts'
import { type Columns, createColumns } from './columns.ts'
import { createMeasured, type Measured } from './measured.ts'

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

export interface Run {
  readonly id: string
  /** All events, in order. */
  readonly events: RecordedEvent[]
  readonly steps: Columns<StepKey>
  readonly evaluations: (EvaluationEvent & { time: number })[]
  readonly probes: (ProbeEvent & { time: number })[]
  readonly checkpoints: (CheckpointEvent & { time: number })[]
  readonly warnings: (WarningEvent & { time: number })[]
  /** The newest report of each graph, by name. */
  readonly graphs: Map<string, GraphReport>
  /** Measurements at its checkpoints; they are not part of its events. */
  readonly measured: Measured
  start: StartEvent | null
  activity: ActivityEvent['activity'] | null
  end: EndEvent | null
  /** Time of the newest event, in milliseconds since the run's start. */
  time: number
  /** Increases with every event, so that a chart can tell whether the run has changed. */
  version: number
}

export const createRun = (id: string): Run => ({
  id,
  events: [],
  steps: createColumns(stepKeys),
  evaluations: [],
  probes: [],
  checkpoints: [],
  warnings: [],
  graphs: new Map(),
  measured: createMeasured(),
  start: null,
  activity: null,
  end: null,
  time: 0,
  version: 0,
})

/** Adds one event to the run, in place. */
export function append(run: Run, event: RecordedEvent): void {
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
    case 'end':
      run.end = event
      run.activity = null
      return
    default:
      event satisfies never
  }
}
