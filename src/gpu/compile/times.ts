/** Collects how long the latest runs took. */

const most = 32
/** Minimum sample: the first run includes warm-up. */
const fewest = 3

export interface Times {
  readonly add: (milliseconds: number) => void
  /** The median of the latest 32 runs in milliseconds; null before three runs. */
  readonly median: () => number | null
}

export function createTimes(): Times {
  const times: number[] = []
  return {
    add: (milliseconds) => {
      if (times.push(milliseconds) > most) times.shift()
    },
    median: () => (times.length < fewest ? null : [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)]),
  }
}
