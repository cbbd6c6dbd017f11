/** Whether a run rests, and a way to wait for it. */
export interface Rest {
  readonly set: (resting: boolean) => void
  /** Resolves once it rests. Rejects with the signal's reason. */
  readonly reached: (signal: AbortSignal) => Promise<void>
}

export function createRest(): Rest {
  let resting = true
  let waiting: (() => void)[] = []
  return {
    set: (now) => {
      resting = now
      if (!resting) return
      for (const resolve of waiting) resolve()
      waiting = []
    },
    reached: async (signal) => {
      signal.throwIfAborted()
      if (resting) return
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      signal.throwIfAborted()
    },
  }
}
