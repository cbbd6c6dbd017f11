/** How long a count will still take, from its speed over the last seconds: what is known already goes by much faster. */

interface Mark {
  readonly time: number
  readonly done: number
}

const span = 10_000
/** Less says too little. */
const shortest = 1_500

export interface TimeLeft {
  /** Takes a count at a time in milliseconds; gives the milliseconds left, or null while they cannot be told. */
  readonly add: (time: number, done: number, total: number) => number | null
}

export function createTimeLeft(): TimeLeft {
  let marks: Mark[] = []
  return {
    add: (time, done, total) => {
      // One older mark is kept, so that the span always has a start.
      while (marks.length > 1 && time - marks[1].time > span) marks = marks.slice(1)
      const last = marks.at(-1)
      if (!last || time - last.time >= 250) marks.push({ time, done })
      const [first] = marks
      if (time - first.time < shortest || done <= first.done) return null
      return ((total - done) * (time - first.time)) / (done - first.done)
    },
  }
}
