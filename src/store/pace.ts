/** Speed of a run, from the times of its events. Pauses do not count. */

import type { LoggedEvent } from '../protocol/run-events.ts'
import { timeLeft } from '../time-left.ts'

export interface Pace {
  /** Takes the next event of the run, in order. */
  readonly add: (event: LoggedEvent) => void
  /** Images per second over the last ten seconds of training, or null before two steps. */
  readonly imagesPerSecond: () => number | null
  /** Milliseconds until the last step at the mean speed so far, including probes and evaluations; null before two steps. */
  readonly timeLeft: () => number | null
}

interface Mark {
  readonly time: number
  readonly images: number
  readonly step: number
}

const span = 10_000

/** A tracker for one run. */
export function createPace(): Pace {
  let active = 0
  let last: number | null = null
  let paused = false
  let images = 0
  let totalSteps = 0
  let first: Mark | null = null
  let recent: Mark[] = []

  const advance = (time: number) => {
    if (last !== null && !paused) active += time - last
    last = time
  }
  const mark = (step: number, count: number) => {
    images += count
    const now = { time: active, images, step }
    first ??= now
    // One mark before the span stays, so that the span has a start.
    while (recent.length > 2 && active - recent[1].time > span) recent.shift()
    recent.push(now)
    if (recent.length > 4096) recent = recent.filter((_, i) => i % 2 === 0 || i === recent.length - 1)
  }
  return {
    add: (event) => {
      advance(event.time)
      if (event.type === 'activity') paused = event.activity === 'paused'
      if (event.type === 'start') totalSteps = event.totalSteps
      if (event.type === 'step') mark(event.step, event.images)
    },
    imagesPerSecond: () => {
      const [from, to] = [recent[0], recent.at(-1)]
      if (!from || !to || to.time <= from.time) return null
      return ((to.images - from.images) / (to.time - from.time)) * 1000
    },
    timeLeft: () => {
      const to = recent.at(-1)
      if (!first || !to) return null
      return timeLeft({ time: first.time, done: first.step }, { time: active, done: to.step }, totalSteps)
    },
  }
}
