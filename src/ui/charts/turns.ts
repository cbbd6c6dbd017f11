/** A queue of work of which one piece is done in each task. */

export interface Turns {
  /** Does the work when its turn comes. Returns a function that cancels it. */
  readonly wait: (work: () => void) => () => void
}

/** `later` calls a function in another task. */
export function createTurns(later: (act: () => void) => void): Turns {
  const waiting = new Set<() => void>()
  let isCalled = false
  const call = () => {
    if (isCalled || waiting.size === 0) return
    isCalled = true
    later(next)
  }
  const next = () => {
    isCalled = false
    const [work] = waiting
    if (!work) return
    waiting.delete(work)
    try {
      work()
    } finally {
      call()
    }
  }
  return {
    wait: (work) => {
      const own = () => work()
      waiting.add(own)
      call()
      return () => void waiting.delete(own)
    },
  }
}
