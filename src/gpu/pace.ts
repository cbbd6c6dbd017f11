/**
 * Estimates how long GPU work takes and divides it into submits of at most 75 ms, so that the desktop stays responsive and no
 * driver takes a long submit for a hang. Neither can happen where processors emulate the GPU; its submits may take a second.
 * Rates are assumed at first; the times of finished work correct them. No result depends on the division.
 */

/** The work of one dispatch or copy. */
export interface Work {
  /** Floating point operations; 0 where they are few beside the bytes. */
  readonly flops: number
  /** Bytes that it reads and writes. */
  readonly bytes: number
}

export interface Pace {
  /** Milliseconds of `work` at the assumed rates. */
  readonly assumed: (work: Work) => number
  /** Most milliseconds of one submit, at the assumed rates. */
  readonly perSubmit: () => number
  /** The indices before which a new submit of a compiled step begins; `times` are the assumed milliseconds of its commands. */
  readonly submitStarts: (times: readonly number[]) => number[]
  /** Notes that work of `assumed` milliseconds took `taken`. */
  readonly note: (assumed: number, taken: number) => void
}

interface Rates {
  /** Floating point operations a millisecond. */
  readonly flops: number
  /** Bytes a millisecond. */
  readonly bytes: number
  /** Milliseconds of a dispatch without work. */
  readonly dispatch: number
  /** Most milliseconds of one submit. Emulation takes the processors away from the script, which then encodes the next submit slowly. */
  readonly submit: number
  /** Numbers of commands before which a new submit begins in any case. */
  readonly early: readonly number[]
}

/**
 * A GPU starts when it gets the first submit. The first submits of a compiled step are therefore short: the GPU works on them while
 * the script encodes the others, usually each of them faster than the GPU computes the one before.
 */
const early = [16, 64, 192]

/** Rates of slow adapters of both kinds: two cores that emulate a GPU, and an integrated GPU. */
const software: Rates = { flops: 2e6, bytes: 2e6, dispatch: 0.02, submit: 1000, early: [] }
const hardware: Rates = { flops: 1e8, bytes: 1.5e7, dispatch: 0.005, submit: 75, early }

/** An adapter may be this many times as slow as assumed, or as fast. */
const [slowest, fastest] = [8, 500]
/** Runs whose times count: the latest. */
const remembered = 8

export function createPace(isSoftware: boolean): Pace {
  const rates = isSoftware ? software : hardware
  const latest: (readonly [assumed: number, taken: number])[] = []
  const sum = (i: 0 | 1) => latest.reduce((total, entry) => total + entry[i], 0)
  /** Times as long as assumed. */
  const slowness = () => (latest.length === 0 ? 1 : Math.min(slowest, Math.max(1 / fastest, sum(1) / sum(0))))
  const perSubmit = () => rates.submit / slowness()
  return {
    assumed: ({ flops, bytes }) => flops / rates.flops + bytes / rates.bytes + rates.dispatch,
    perSubmit,
    submitStarts: (times) => submitStarts(times, perSubmit(), rates.early),
    note: (assumed, taken) => {
      if (!(assumed > 0 && taken > 0)) return
      latest.push([assumed, taken])
      if (latest.length > remembered) latest.shift()
    },
  }
}

/**
 * The indices before which a new submit begins: those of `early`, and more, so that each submit takes at most `most`. An entry that takes
 * longer is alone.
 */
export function submitStarts(times: readonly number[], most: number, early: readonly number[] = []): number[] {
  const starts: number[] = []
  let used = 0
  for (const [i, time] of times.entries()) {
    if (early.includes(i) || (used > 0 && used + time > most)) {
      starts.push(i)
      used = 0
    }
    used += time
  }
  return starts
}
