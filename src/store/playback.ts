/** Playing a run: the moment that all views show moves from probe to probe. */
import { useStore } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { columnAt, momentOfColumn, nearestColumn } from '../runs/probe-at.ts'
import type { Run } from '../runs/reduce.ts'
import { lab } from './lab.ts'
import { series } from './series.ts'
import type { LabState } from './state.ts'

/** What playing needs of the page. Tests pass another one. */
export interface PlaybackHost {
  readonly lab: {
    readonly store: StoreApi<LabState>
    readonly setView: (view: { readonly moment: number | null }) => void
  }
  /** The run that the page shows. */
  readonly shown: () => Run | null
  /** Calls `act` after a time in milliseconds. Returns the function that cancels the call. */
  readonly after: (ms: number, act: () => void) => () => void
  /** True where the user wants as little motion as possible. */
  readonly isStill: () => boolean
}

/** Milliseconds in which a whole run plays, unless it has few probes. */
const wholeRun = 9000
/** Limits of the milliseconds between two frames: a shorter one cannot be seen, a longer one looks stopped. */
const [shortest, longest] = [60, 700] as const
/** With reduced motion a run is a few still pictures. */
const [stills, stillTime] = [6, 1500] as const

/** The frames from one column to a later one, without the first and with the last, and the milliseconds of each. */
export function framesOf(from: number, to: number, probes: number, isStill: boolean) {
  const stride = isStill
    ? Math.max(1, Math.ceil((to - from) / (stills - 1)))
    : Math.max(1, Math.ceil(((probes - 1) * shortest) / wholeRun))
  const columns = Array.from({ length: Math.ceil((to - from) / stride) }, (_, i) =>
    Math.min(to, from + (i + 1) * stride),
  )
  const time = Math.min(longest, Math.max(shortest, (wholeRun * stride) / Math.max(1, probes - 1)))
  return { columns, time: isStill ? stillTime : time }
}

/** One player: it plays at most one stretch of a run at a time. */
export function createPlayback({ lab, shown, after, isStill }: PlaybackHost) {
  const store = createStore(() => ({ playing: false }))
  let cancel = () => {}
  /** The moment that playing has set; another one means that the user has moved the time line. */
  let own: number | null = null
  const stop = () => {
    cancel()
    if (store.getState().playing) store.setState({ playing: false })
  }
  const show = (run: Run, column: number) => {
    own = momentOfColumn(run, column)
    lab.setView({ moment: own })
  }
  const next = (id: string, columns: readonly number[], time: number) => {
    const run = shown()
    if (columns.length === 0 || run?.id !== id || columns[0] >= run.probes.length) return stop()
    show(run, columns[0])
    cancel = after(time, () => next(id, columns.slice(1), time))
  }
  const play = (run: Run, from: number, to: number) => {
    stop()
    const { columns, time } = framesOf(from, to, run.probes.length, isStill())
    show(run, from)
    store.setState({ playing: true })
    cancel = after(time, () => next(run.id, columns, time))
  }
  lab.store.subscribe(({ view }) => {
    if (store.getState().playing && view.moment !== own) stop()
  })
  return {
    store,
    /** Plays from the shown moment to the end of the run, or all of it from the end; stops where it plays. */
    toggle: (): void => {
      const wasPlaying = store.getState().playing
      stop()
      const run = shown()
      if (wasPlaying || !run || run.probes.length < 2) return
      const last = run.probes.length - 1
      const at = columnAt(run, lab.store.getState().view.moment)
      play(run, at >= last ? 0 : at, last)
    },
    /** Plays forward to the probe nearest to a step. Jumps to an earlier one, and with reduced motion. */
    playTo: (step: number): void => {
      stop()
      const run = shown()
      if (!run || run.probes.length === 0) return
      const at = columnAt(run, lab.store.getState().view.moment)
      const to = nearestColumn(run, step)
      if (to > at && !isStill()) play(run, at, to)
      else show(run, to)
    },
    stop,
  }
}

function after(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms)
  return () => clearTimeout(timer)
}

const playback = createPlayback({
  lab,
  shown: series.shown,
  after,
  isStill: () => globalThis.matchMedia?.('(prefers-reduced-motion: reduce)').matches ?? false,
})

export const { toggle: togglePlaying, playTo, stop: stopPlaying, store: playbackStore } = playback

export const usePlaying = (): boolean => useStore(playbackStore, ({ playing }) => playing)
