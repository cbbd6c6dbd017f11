/** Keeps the screen on while a run trains, because a computer that sleeps trains nothing. */

import type { LabState } from './state.ts'
import { isActive } from './status.ts'

/** The parts of the browser that know whether the page is seen. */
export interface Screen {
  readonly isVisible: () => boolean
  /** Calls the listener whenever the page becomes visible or hidden. */
  readonly onChange: (listener: () => void) => void
  /** Keeps the screen on until the returned lock is released, or the page is hidden. Null where the browser cannot. */
  readonly keepOn: (() => Promise<ScreenLock>) | null
}

export interface ScreenLock {
  readonly release: () => Promise<void>
}

/** Whether a run computes, or will by itself. */
const computes = ({ run: { status } }: LabState): boolean => isActive(status) && status !== 'paused'

/** Takes and releases the screen's lock as the setting, the run and the page's visibility ask. Returns the function to call after each change. */
export function createScreenKeeper({ isVisible, keepOn }: Screen): (state: LabState) => void {
  let held: Promise<ScreenLock | null> | null = null
  const release = () => {
    // The browser has released the lock of a hidden page already; releasing it again does nothing.
    void held?.then((lock) => lock?.release()).catch(() => {})
    held = null
  }
  return (state) => {
    const wanted = keepOn !== null && state.keepScreenOn && computes(state) && isVisible()
    if (!wanted) release()
    // A refusal, for instance to save power, is no reason to disturb the user.
    else held ??= keepOn().catch(() => null)
  }
}

/** The screen of this page; outside of a page, one that is always visible. */
export const pageScreen = ({ document, navigator } = globalThis): Screen => ({
  isVisible: () => document?.visibilityState !== 'hidden',
  onChange: (listener) => document?.addEventListener('visibilitychange', listener),
  keepOn: navigator && 'wakeLock' in navigator ? () => navigator.wakeLock.request('screen') : null,
})
