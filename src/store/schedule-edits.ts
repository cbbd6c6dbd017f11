/** Edits of the regularizer's schedule in the form, with undo and redo. */
import { useStore } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Window } from '../config/fields.ts'
import type { Lab } from './create-lab.ts'
import { lab } from './lab.ts'
import type { LabState } from './state.ts'

export const scheduleKey = 'regularizer.schedule'

type Schedule = readonly Window[]

/** Schedules to go back to, oldest first, and to go forward to, the next one first. */
export interface History {
  readonly past: readonly Schedule[]
  readonly future: readonly Schedule[]
}

export const noHistory: History = { past: [], future: [] }

/** Steps that can be undone. */
const most = 100

/** The history after an edit of `before`. */
export const edited = ({ past }: History, before: Schedule): History => ({
  past: [...past, before].slice(-most),
  future: [],
})

/** The schedule before the last edit, and the history then; null where there is none. */
export function undone({ past, future }: History, now: Schedule): { schedule: Schedule; history: History } | null {
  const schedule = past.at(-1)
  return schedule ? { schedule, history: { past: past.slice(0, -1), future: [now, ...future] } } : null
}

/** The schedule after the edit that was undone last, and the history then; null where there is none. */
export function redone({ past, future }: History, now: Schedule): { schedule: Schedule; history: History } | null {
  const [schedule, ...rest] = future
  return schedule ? { schedule, history: { past: [...past, now], future: rest } } : null
}

export const isSame = (a: Schedule, b: Schedule): boolean => JSON.stringify(a) === JSON.stringify(b)

type LabPart = Pick<Lab, 'setConfigValue' | 'revertField'> & { readonly store: StoreApi<LabState> }

/** Edits of a lab's schedule. A change from elsewhere, such as a preset, can be undone where it took windows away. */
export function createScheduleEdits({ store, setConfigValue, revertField }: LabPart) {
  const history = createStore(() => noHistory)
  const now = () => store.getState().config.regularizer.schedule
  let isOwn = false
  /** Makes a change that the history knows about. Returns why the schedule was refused; null where it was not. */
  const put = (schedule: Schedule): string | null => {
    isOwn = true
    setConfigValue(scheduleKey, schedule)
    isOwn = false
    const error = store.getState().fieldErrors[scheduleKey] ?? null
    if (error) revertField(scheduleKey)
    return error
  }
  const record = (before: Schedule) => {
    if (!isSame(before, now())) history.setState(edited(history.getState(), before), true)
  }
  const travel = (go: typeof undone) => {
    const to = go(history.getState(), now())
    if (to && put(to.schedule) === null && isSame(to.schedule, now())) history.setState(to.history, true)
  }
  store.subscribe(({ config }, before) => {
    if (isOwn || config === before.config) return
    const { schedule } = before.config.regularizer
    if (isSame(config.regularizer.schedule, schedule)) return
    history.setState(schedule.length > 0 ? edited(history.getState(), schedule) : noHistory, true)
  })
  return {
    history,
    /** Replaces the schedule. Returns why it was refused, and leaves the old one then; null where it was taken. */
    edit: (schedule: Schedule): string | null => {
      const before = now()
      const error = put(schedule)
      record(before)
      return error
    },
    /** Records a change of the schedule that `act` makes through the lab. */
    recorded: (act: () => void): void => {
      const before = now()
      isOwn = true
      act()
      isOwn = false
      record(before)
    },
    undo: (): void => travel(undone),
    redo: (): void => travel(redone),
  }
}

export const scheduleEdits = createScheduleEdits(lab)

export const useScheduleHistory = (): History => useStore(scheduleEdits.history)
