/** How long the last runs of something took. */

const kept = 32
/** Fewer say nothing: the first run does what later ones need not. */
const enough = 3

export interface Times {
  readonly add: (milliseconds: number) => void
  /** Of the last runs; null before there are three. */
  readonly median: () => number | null
}

export function createTimes(): Times {
  const times: number[] = []
  return {
    add: (milliseconds) => {
      if (times.push(milliseconds) > kept) times.shift()
    },
    median: () => (times.length < enough ? null : [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)]),
  }
}
