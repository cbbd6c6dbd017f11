/** The runs of this page, outside React. Events are appended immediately; listeners are called a few times a second. */
import { useSyncExternalStore } from 'react'
import type { RecordedEvent } from '../protocol/run-events.ts'
import type { GrowingMeasured } from '../runs/measured.ts'
import { append, createRun, type GrowingRun, type Run, runView } from '../runs/reduce.ts'
import { createPace, type Pace } from './pace.ts'

/** Milliseconds between two notifications. */
const interval = 250

export interface Snapshot {
  /** A new object for each version, which does not change. */
  readonly run: Run | null
  /** Changes whenever there is something new to draw. */
  readonly version: number
}

export interface Series {
  /** The run that the page shows, or null before the first. */
  readonly current: () => Run | null
  /** Runs that ended before the current one, oldest first. */
  readonly earlier: () => readonly Run[]
  readonly pace: () => Pace
  /** Makes a new, empty run the current one. */
  readonly begin: (id: string) => Run
  /** Removes the current run if it has not started, and shows the run before it. */
  readonly drop: () => void
  readonly add: (event: RecordedEvent) => void
  /** The current run or an earlier one. */
  readonly find: (id: string) => Run | null
  /** Changes the measurements of a run; does nothing when the run is no longer on this page. */
  readonly addMeasured: (id: string, change: (measured: GrowingMeasured) => void) => void
  /** Calls `listener` at most 4 times a second, and once after the last event. Returns a function that unsubscribes. */
  readonly subscribe: (listener: () => void) => () => void
  readonly snapshot: () => Snapshot
}

interface State {
  readonly listeners: Set<() => void>
  earlier: readonly GrowingRun[]
  run: GrowingRun | null
  pace: Pace
  snapshot: Snapshot
  /** Set while listeners must not be called again. */
  timer: ReturnType<typeof setTimeout> | null
  /** Whether something has changed since listeners were called. */
  pending: boolean
}

function notify(state: State): void {
  state.snapshot = { run: state.run && runView(state.run), version: state.snapshot.version + 1 }
  state.pending = false
  state.timer = setTimeout(() => {
    state.timer = null
    if (state.pending) notify(state)
  }, interval)
  for (const listener of state.listeners) listener()
}

/** Calls the listeners now, or at the end of the interval since their last call. */
function changed(state: State): void {
  state.pending = true
  if (state.timer === null) notify(state)
}

function show(state: State, run: GrowingRun | null): void {
  state.run = run
  state.pace = createPace()
  changed(state)
}

const find = ({ run, earlier }: State, id: string): GrowingRun | null =>
  run?.id === id ? run : (earlier.find((one) => one.id === id) ?? null)

function begin(state: State, id: string): Run {
  const { run } = state
  if (run && run.events.length > 0) state.earlier = [...state.earlier, run]
  const next = createRun(id)
  show(state, next)
  return next
}

function drop(state: State): void {
  if (!state.run || state.run.start) return
  const previous = state.earlier.at(-1) ?? null
  state.earlier = state.earlier.slice(0, -1)
  show(state, previous)
}

function add(state: State, event: RecordedEvent): void {
  if (!state.run) return
  append(state.run, event)
  state.pace.add(event)
  changed(state)
}

function addMeasured(state: State, id: string, change: (measured: GrowingMeasured) => void): void {
  const found = find(state, id)
  if (!found) return
  change(found.measured)
  changed(state)
}

/** A series without runs. */
export function createSeries(): Series {
  const state: State = {
    listeners: new Set(),
    earlier: [],
    run: null,
    pace: createPace(),
    snapshot: { run: null, version: 0 },
    timer: null,
    pending: false,
  }
  return {
    current: () => state.run,
    earlier: () => state.earlier,
    pace: () => state.pace,
    begin: (id) => begin(state, id),
    drop: () => drop(state),
    add: (event) => add(state, event),
    find: (id) => find(state, id),
    addMeasured: (id, change) => addMeasured(state, id, change),
    subscribe: (listener) => {
      state.listeners.add(listener)
      return () => state.listeners.delete(listener)
    },
    snapshot: () => state.snapshot,
  }
}

export const series = createSeries()

/** The current run, as a new immutable object at most 4 times a second, and its version. */
export const useRun = (): Snapshot => useSyncExternalStore(series.subscribe, series.snapshot, series.snapshot)
