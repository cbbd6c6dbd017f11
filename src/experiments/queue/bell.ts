/** A bell, which wakes everyone who waits for it. */
export interface Bell {
  readonly ring: () => void
  /** Resolves at the next ring, when the signal is aborted, and after `most` milliseconds where given. */
  readonly heard: (signal: AbortSignal, most?: number) => Promise<void>
}

export function createBell(): Bell {
  const waiting = new Set<() => void>()
  return {
    ring: () => {
      for (const wake of [...waiting]) wake()
    },
    heard: (signal, most) =>
      new Promise<void>((resolve) => {
        if (signal.aborted) return resolve()
        let timer: ReturnType<typeof setTimeout> | undefined
        const done = () => {
          clearTimeout(timer)
          waiting.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        if (most !== undefined) timer = setTimeout(done, most)
        signal.addEventListener('abort', done)
        waiting.add(done)
      }),
  }
}
