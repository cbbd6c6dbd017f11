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
  /** Removes the current run if it has no event, and shows the run before it. */
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

/** A series without runs. */
export function createSeries(): Series {
  const listeners = new Set<() => void>()
  let earlier: readonly GrowingRun[] = []
  let run: GrowingRun | null = null
  let pace = createPace()
  let snapshot: Snapshot = { run: null, version: 0 }
  let timer: ReturnType<typeof setTimeout> | null = null
  let pending = false

  const notify = () => {
    snapshot = { run: run && runView(run), version: snapshot.version + 1 }
    pending = false
    timer = setTimeout(() => {
      timer = null
      if (pending) notify()
    }, interval)
    for (const listener of listeners) listener()
  }
  const changed = () => {
    pending = true
    if (timer === null) notify()
  }
  const show = (next: GrowingRun | null) => {
    run = next
    pace = createPace()
    changed()
  }
  const find = (id: string) => (run?.id === id ? run : (earlier.find((one) => one.id === id) ?? null))
  return {
    find,
    addMeasured: (id, change) => {
      const found = find(id)
      if (!found) return
      change(found.measured)
      changed()
    },
    current: () => run,
    earlier: () => earlier,
    pace: () => pace,
    begin: (id) => {
      if (run && run.events.length > 0) earlier = [...earlier, run]
      const next = createRun(id)
      show(next)
      return next
    },
    drop: () => {
      if (run?.events.length !== 0) return
      const previous = earlier.at(-1) ?? null
      earlier = earlier.slice(0, -1)
      show(previous)
    },
    add: (event) => {
      if (!run) return
      append(run, event)
      pace.add(event)
      changed()
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    snapshot: () => snapshot,
  }
}

export const series = createSeries()

/** The current run, as a new immutable object at most 4 times a second, and its version. */
export const useRun = (): Snapshot => useSyncExternalStore(series.subscribe, series.snapshot, series.snapshot)
