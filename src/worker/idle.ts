/** Whether the run is idle, that is, takes no step: it is paused, has ended or has not started. */
export interface Idle {
  readonly set: (idle: boolean) => void
  /** Resolves once the run is idle. Rejects with the signal's reason. */
  readonly reached: (signal: AbortSignal) => Promise<void>
}

/** The tracker of a run, which is idle at first. */
export function createIdle(): Idle {
  let idle = true
  let waiting: (() => void)[] = []
  return {
    set: (now) => {
      idle = now
      if (!idle) return
      for (const resolve of waiting) resolve()
      waiting = []
    },
    reached: async (signal) => {
      signal.throwIfAborted()
      if (idle) return
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      signal.throwIfAborted()
    },
  }
}
