/**
 * A queue of work of which one piece is done in each task. It rests after each piece in proportion to the time that it took, so
 * that the work takes a small share of the time, however slow the machine is.
 */

export interface Turns {
  /** Does the work when its turn comes; urgent work without a rest. Returns a function that cancels it. */
  readonly wait: (work: () => void, isUrgent: boolean) => () => void
}

export interface TurnsHost {
  /** Calls a function in another task, after some milliseconds. */
  readonly later: (milliseconds: number, act: () => void) => void
  /** Milliseconds. */
  readonly now: () => number
}

/** The work takes at most one part in so many of the time. */
const parts = 40
/** The longest rest in milliseconds: what is shown stays at most so far behind. */
const longest = 1000

interface Waiting {
  readonly work: () => void
  readonly isUrgent: boolean
}

export function createTurns({ later, now }: TurnsHost): Turns {
  const waiting = new Set<Waiting>()
  let readyAt = Number.NEGATIVE_INFINITY
  let calledAt: number | null = null
  const next = (): Waiting | undefined => {
    const all = [...waiting]
    return all.find(({ isUrgent }) => isUrgent) ?? all[0]
  }
  const call = () => {
    const one = next()
    if (!one) return
    const at = one.isUrgent ? now() : Math.max(now(), readyAt)
    if (calledAt !== null && calledAt <= at) return
    calledAt = at
    later(at - now(), act)
  }
  const act = () => {
    calledAt = null
    const one = next()
    if (one && (one.isUrgent || now() >= readyAt)) take(one)
    else call()
  }
  const take = (one: Waiting) => {
    const begun = now()
    waiting.delete(one)
    try {
      one.work()
    } finally {
      readyAt = now() + Math.min(longest, (parts - 1) * (now() - begun))
      call()
    }
  }
  return {
    wait: (work, isUrgent) => {
      const own = { work, isUrgent }
      waiting.add(own)
      call()
      return () => void waiting.delete(own)
    },
  }
}
