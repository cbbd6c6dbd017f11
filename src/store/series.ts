/** The runs of this page, outside React. Events are appended immediately; listeners are called a few times a second. */
import { useSyncExternalStore } from 'react'
import type { LoggedEvent } from '../protocol/run-events.ts'
import { forkOf } from '../runs/lineage.ts'
import type { GrowingMeasured } from '../runs/measured.ts'
import { append, createRun, type GrowingRun, type Run, runView } from '../runs/reduce.ts'
import type { UnitsSource } from '../runs/units/source.ts'
import { createPace, type Pace } from './pace.ts'

/** Milliseconds between two notifications. */
const interval = 250

export interface Snapshot {
  /** The shown run: a new object for each version, which does not change. */
  readonly run: Run | null
  /** The run that the shown one forked from; null where it is none, or where its parent is not available. */
  readonly parent: Run | null
  /** Changes whenever there is something new to draw. */
  readonly version: number
}

export interface Series {
  /** The run that the page shows: a stored run that was opened, else the live one; null before the first. */
  readonly current: () => Run | null
  /** The run that events are added to, or were last. */
  readonly live: () => Run | null
  /** Runs that ended before the live one, oldest first. */
  readonly earlier: () => readonly Run[]
  readonly pace: () => Pace
  /** Makes a run the live and shown one: a new, empty one, or one that goes on. */
  readonly begin: (id: string, from?: GrowingRun) => Run
  /** Makes a run of this page, or the opened one, the live one again; null where there is none. */
  readonly resume: (id: string) => Run | null
  /** Removes the live run if it has not started, and shows the run before it. */
  readonly drop: () => void
  /** Adds an event to the live run, with the record of a probe's units. */
  readonly add: (event: LoggedEvent, units?: Uint8Array | null) => void
  /** Shows a stored run. A live run goes on unseen. */
  readonly open: (run: GrowingRun) => void
  /** Shows the live run again. */
  readonly close: () => void
  /** Supplies the parent of a fork, with which its charts compare it. It is kept while a fork of it is shown. */
  readonly supplyParent: (run: GrowingRun) => void
  /** Reads the units of a run from its files from now on, and frees the memory that holds them. */
  readonly releaseUnits: (id: string, stored: UnitsSource) => void
  /** A run of this page, or the opened one. */
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
  /** The live run. */
  run: GrowingRun | null
  opened: GrowingRun | null
  parent: GrowingRun | null
  pace: Pace
  snapshot: Snapshot
  /** Set while listeners must not be called again. */
  timer: ReturnType<typeof setTimeout> | null
  /** Whether something has changed since listeners were called. */
  pending: boolean
}

const shown = ({ opened, run }: State): GrowingRun | null => opened ?? run

function parentView(state: State): Run | null {
  const run = shown(state)
  const fork = run && forkOf(run)
  const parent = fork && (find(state, fork.id) ?? (state.parent?.id === fork.id ? state.parent : null))
  if (!parent) return null
  const { parent: before } = state.snapshot
  return before?.id === parent.id && before.version === parent.version ? before : runView(parent)
}

function notify(state: State): void {
  const run = shown(state)
  state.snapshot = { run: run && runView(run), parent: parentView(state), version: state.snapshot.version + 1 }
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

function makeLive(state: State, run: GrowingRun | null): void {
  state.run = run
  state.opened = null
  state.pace = createPace()
  changed(state)
}

const find = ({ run, opened, earlier }: State, id: string): GrowingRun | null =>
  [run, opened, ...earlier].find((one) => one?.id === id) ?? null

function begin(state: State, id: string, from?: GrowingRun): Run {
  const { run } = state
  if (run && run.events.length > 0 && run !== from) state.earlier = [...state.earlier, run]
  const next = from ?? createRun(id)
  state.earlier = state.earlier.filter((one) => one !== next)
  makeLive(state, next)
  return next
}

function drop(state: State): void {
  if (!state.run || state.run.start) return
  const previous = state.earlier.at(-1) ?? null
  state.earlier = state.earlier.slice(0, -1)
  makeLive(state, previous)
}

function add(state: State, event: LoggedEvent, units: Uint8Array | null): void {
  if (!state.run) return
  append(state.run, event, units)
  state.pace.add(event)
  if (!state.opened) changed(state)
}

function open(state: State, run: GrowingRun | null): void {
  // A run of this page has everything that its files have, and may have more.
  const own = run && [state.run, ...state.earlier].find((one) => one?.id === run.id)
  state.opened = own === state.run ? null : (own ?? run)
  changed(state)
}

function addMeasured(state: State, id: string, change: (measured: GrowingMeasured) => void): void {
  const found = find(state, id)
  if (!found) return
  change(found.measured)
  changed(state)
}

function supplyParent(state: State, run: GrowingRun): void {
  state.parent = run
  changed(state)
}

const emptyState = (): State => ({
  listeners: new Set(),
  earlier: [],
  run: null,
  opened: null,
  parent: null,
  pace: createPace(),
  snapshot: { run: null, parent: null, version: 0 },
  timer: null,
  pending: false,
})

/** A series without runs. */
export function createSeries(): Series {
  const state = emptyState()
  return {
    current: () => shown(state),
    live: () => state.run,
    earlier: () => state.earlier,
    pace: () => state.pace,
    begin: (id, from) => begin(state, id, from),
    resume: (id) => {
      const found = find(state, id)
      return found && begin(state, id, found)
    },
    drop: () => drop(state),
    add: (event, units = null) => add(state, event, units),
    open: (run) => open(state, run),
    close: () => open(state, null),
    supplyParent: (run) => supplyParent(state, run),
    releaseUnits: (id, stored) => find(state, id)?.units.release(stored),
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
