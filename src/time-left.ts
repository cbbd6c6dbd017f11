/** Estimates of the time that a counted task still needs. Times are milliseconds. */

/** How much was done at a time. `done` may be any unit, as long as the total has the same. */
export interface Progress {
  readonly time: number
  readonly done: number
}

/** Milliseconds until `total` is done, at the mean speed between two moments; null without progress between them. */
export function timeLeft(from: Progress, to: Progress, total: number): number | null {
  const done = to.done - from.done
  return done > 0 && to.time > from.time ? Math.max(0, ((total - to.done) * (to.time - from.time)) / done) : null
}

/** The least completed share that gives an estimate. */
const leastShare = 0.02

/** Milliseconds until a task is done of which a share (0 to 1) took `elapsed` milliseconds; null while that is uncertain. */
export const timeLeftAt = (elapsed: number, share: number): number | null =>
  share < leastShare ? null : timeLeft({ time: 0, done: 0 }, { time: elapsed, done: share }, 1)

/** Milliseconds over which the recent speed is taken. */
const window = 10_000
/** Milliseconds between two remembered moments. */
const spacing = 250
/** Milliseconds before which the recent speed is too uncertain. */
const shortest = 1_500

/** The remembered moments with a new one; those before the window are dropped, except one, so that the window has a start. */
export function addProgress(recent: readonly Progress[], next: Progress): readonly Progress[] {
  const first = recent.findLastIndex(({ time }) => next.time - time > window)
  const moments = recent.slice(Math.max(0, first))
  const last = moments.at(-1)
  return !last || next.time - last.time >= spacing ? [...moments, next] : moments
}

/** Milliseconds until `total` is done, at the speed since the first remembered moment; null while that is uncertain. */
export function recentTimeLeft([first]: readonly Progress[], now: Progress, total: number): number | null {
  return first && now.time - first.time >= shortest ? timeLeft(first, now, total) : null
}
