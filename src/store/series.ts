/** The runs of this page, outside React. Events are appended immediately; listeners hear of them at most twice a second. */
import { useRef, useSyncExternalStore } from 'react'
import type { LoggedEvent } from '../protocol/run-events.ts'
import { forkOf } from '../runs/lineage.ts'
import type { GrowingMeasured } from '../runs/measured.ts'
import { append, createRun, type GrowingRun, type Run, runView } from '../runs/reduce.ts'
import type { UnitsSource } from '../runs/units/source.ts'
import { createPace, type Pace } from './pace.ts'

/** Milliseconds between two notifications. */
const interval = 500

export interface Snapshot {
  /** The shown run: a new object for each version, which does not change. */
  readonly run: Run | null
  /** The run that trains or trained last on this page; the shown one, unless a stored run is shown beside it. */
  readonly current: Run | null
  /** The run that the shown one forked from; null where it is none, or where its parent is not available. */
  readonly parent: Run | null
  /** Whether the shown run was opened from the stored ones. */
  readonly stored: boolean
  /** Changes whenever there is something new to draw. */
  readonly version: number
}

export interface Series {
  /** The run that events are added to, or were last; null before the first. */
  readonly current: () => Run | null
  /** The run that the page shows: one that was opened beside the current one, else the current one. */
  readonly shown: () => Run | null
  /** Runs of this page that ended before the current one, oldest first. */
  readonly earlier: () => readonly Run[]
  readonly pace: () => Pace
  /** Makes a new, empty run the current one. */
  readonly begin: (id: string) => Run
  /** The current run, which rests, goes on, and is shown. */
  readonly resume: () => void
  /** Removes the current run if it has not started, and shows the run before it. */
  readonly drop: () => void
  /** Adds an event to the current run, with the record of a probe's units. */
  readonly add: (event: LoggedEvent, units?: Uint8Array | null) => void
  /**
   * Shows a stored run: `instead` of the current one, so that it can go on, or `beside` it, while that one goes on unseen. A
   * run that was trained on this page is shown as the page has it.
   */
  readonly open: (run: GrowingRun, where: 'instead' | 'beside') => void
  /** Shows the current run again. */
  readonly close: () => void
  /** Removes the current run where it is a stored one, and shows the run before it. Returns that; null without one. */
  readonly leave: () => Run | null
  /** Supplies the parent of a fork, with which the fork's charts compare it, until another one is supplied. */
  readonly supplyParent: (run: GrowingRun) => void
  /** Reads the units of a run from its files from now on, and frees the memory that holds them. */
  readonly releaseUnits: (id: string, stored: UnitsSource) => void
  /** A run of this page, or an opened one. */
  readonly find: (id: string) => Run | null
  /** Changes the measurements of a run; does nothing when the run is no longer on this page. */
  readonly addMeasured: (id: string, change: (measured: GrowingMeasured) => void) => void
  /**
   * Calls `listener` at once when another run is shown, otherwise at most twice a second and once after the last event. Returns
   * a function that unsubscribes.
   */
  readonly subscribe: (listener: () => void) => () => void
  readonly snapshot: () => Snapshot
}

interface State {
  readonly listeners: Set<() => void>
  /** Runs that were trained on this page. */
  earlier: readonly GrowingRun[]
  run: GrowingRun | null
  /** A stored run: the current one, or the one before a new one that has not started. */
  resting: GrowingRun | null
  beside: GrowingRun | null
  parent: GrowingRun | null
  pace: Pace
  snapshot: Snapshot
  /** Set while listeners must not be called again. */
  timer: ReturnType<typeof setTimeout> | null
  /** Whether something has changed since listeners were called. */
  pending: boolean
}

const shown = ({ beside, run }: State): GrowingRun | null => beside ?? run

/** The view before where the run has not changed since. */
const viewOf = (run: GrowingRun, before: Run | null): Run =>
  before?.id === run.id && before.version === run.version && before.measured.version === run.measured.version
    ? before
    : runView(run)

function parentView(state: State): Run | null {
  const run = shown(state)
  const fork = run && forkOf(run)
  const parent = fork && (find(state, fork.id) ?? (state.parent?.id === fork.id ? state.parent : null))
  if (!parent) return null
  return viewOf(parent, state.snapshot.parent)
}

function notify(state: State): void {
  const { run: own, beside } = state
  const current = own && runView(own)
  const run = beside ? viewOf(beside, state.snapshot.run) : current
  const stored = beside !== null || (own !== null && own === state.resting)
  state.snapshot = { run, current, parent: parentView(state), stored, version: state.snapshot.version + 1 }
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

/** Calls the listeners now: what the page offers must concern the run that it acts on. */
function changedRun(state: State): void {
  if (state.timer !== null) clearTimeout(state.timer)
  notify(state)
}

function makeCurrent(state: State, run: GrowingRun | null): void {
  state.run = run
  state.beside = null
  state.pace = createPace()
  changedRun(state)
}

const find = ({ run, resting, beside, earlier }: State, id: string): GrowingRun | null =>
  [run, beside, resting, ...earlier].find((one) => one?.id === id) ?? null

/** Keeps the current run for later, unless it is stored or empty. */
function putAside(state: State): void {
  const { run, resting } = state
  if (run && run !== resting && run.events.length > 0) state.earlier = [...state.earlier, run]
}

function begin(state: State, id: string): Run {
  putAside(state)
  const next = createRun(id)
  makeCurrent(state, next)
  return next
}

function drop(state: State): void {
  if (!state.run || state.run.start) return
  const previous = state.resting ?? state.earlier.at(-1) ?? null
  state.earlier = state.earlier.filter((run) => run !== previous)
  makeCurrent(state, previous)
}

function add(state: State, event: LoggedEvent, units: Uint8Array | null): void {
  const { run } = state
  if (!run) return
  append(run, event, units)
  // A run that goes on may take steps again.
  if (event.type === 'start') state.pace = createPace()
  state.pace.add(event)
  if (event.type === 'start' && run !== state.resting) state.resting = null
  changed(state)
}

/**
 * The run as the page has it, where that is as complete as its files. What the page followed of another tab's run may be less.
 */
function asKnown({ run, earlier }: State, opened: GrowingRun, where: 'instead' | 'beside'): GrowingRun {
  const known = [run, ...earlier].find((one) => one?.id === opened.id)
  const isTraining = known === run && where === 'beside'
  return known && (isTraining || known.events.length >= opened.events.length) ? known : opened
}

function open(state: State, opened: GrowingRun, where: 'instead' | 'beside'): void {
  const own = asKnown(state, opened, where)
  if (own === state.run || where === 'beside') {
    state.beside = own === state.run ? null : own
    changedRun(state)
    return
  }
  putAside(state)
  const isOfPage = state.earlier.includes(own)
  state.earlier = state.earlier.filter(({ id }) => id !== own.id)
  state.resting = isOfPage ? null : own
  makeCurrent(state, own)
}

function close(state: State): void {
  state.beside = null
  changedRun(state)
}

function leave(state: State): Run | null {
  const { run, resting, earlier } = state
  if (!run || run !== resting) return run
  const before = earlier.at(-1) ?? null
  state.earlier = earlier.slice(0, -1)
  state.resting = null
  makeCurrent(state, before)
  return before
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
  resting: null,
  beside: null,
  parent: null,
  pace: createPace(),
  snapshot: { run: null, current: null, parent: null, stored: false, version: 0 },
  timer: null,
  pending: false,
})

/** A series without runs. */
export function createSeries(): Series {
  const state = emptyState()
  return {
    current: () => state.run,
    shown: () => shown(state),
    earlier: () => state.earlier,
    pace: () => state.pace,
    begin: (id) => begin(state, id),
    resume: () => makeCurrent(state, state.run),
    drop: () => drop(state),
    add: (event, units = null) => add(state, event, units),
    open: (run, where) => open(state, run, where),
    close: () => close(state),
    leave: () => leave(state),
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

/** The shown run, as a new immutable object at most twice a second while it trains, and its version. */
export const useRun = (): Snapshot => useSyncExternalStore(series.subscribe, series.snapshot, series.snapshot)

/** A part of the snapshot; the component renders again when the part changes. `select` must return the same object for it. */
export const useSeries = <T>(select: (snapshot: Snapshot) => T): T => {
  const read = () => select(series.snapshot())
  return useSyncExternalStore(series.subscribe, read, read)
}

/**
 * The shown run at the last change of its key; the component renders again when the key changes. For what shows rare events
 * of a run, and not its steps.
 */
export function useShownRun(keyOf: (run: Run) => string): Run | null {
  const held = useRef<{ readonly key: string; readonly run: Run | null }>({ key: '', run: null })
  return useSeries(({ run }) => {
    const key = run ? keyOf(run) : ''
    if (held.current.key !== key) held.current = { key, run }
    return held.current.run
  })
}
