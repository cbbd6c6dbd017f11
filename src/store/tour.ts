/** The tour through a recorded run, and the example whose settings the user has taken. Not part of a run. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { RunConfig } from '../config/config.ts'
import type { Example } from './experiments/state.ts'
import { pageMemory, saveTourSeen } from './persist.ts'

/** An example whose settings are in the form while its images are not chosen yet. */
export interface Taken {
  readonly example: Example
  /** The configuration of its run. */
  readonly config: RunConfig
}

export interface TourState {
  /** The number of the open step, from 0; null while the tour is closed. */
  readonly step: number | null
  /** The run that it goes through. */
  readonly runId: string | null
  readonly taken: Taken | null
  /** True on a first visit until its recorded run is shown, or cannot be. */
  readonly opening: boolean
}

export const tourStore = createStore<TourState>(() => ({ step: null, runId: null, taken: null, opening: false }))

/** Opens the first step for a run that is shown, or is about to be. The tour is then not shown by itself again in this browser. */
export function startTour(runId: string): void {
  saveTourSeen(pageMemory())
  tourStore.setState({ step: 0, runId })
}

export const goToTourStep = (step: number): void => tourStore.setState({ step })

export const endTour = (): void => tourStore.setState({ step: null, runId: null })

export const setTaken = (taken: Taken | null): void => tourStore.setState({ taken })

export const setOpening = (opening: boolean): void => tourStore.setState({ opening })

/** Returns a part of the tour's state; the component renders again when that part changes. */
export const useTour = <T>(select: (state: TourState) => T): T => useStore(tourStore, select)
