/** Resolves after a time in milliseconds. Rejects with the signal's reason when it is aborted first. */
export async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
  })
  signal.throwIfAborted()
}

/** Rejects with the signal's reason as soon as it is aborted. */
export async function abortable<T>(work: T | Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const over = new AbortController()
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { signal: over.signal }),
  )
  return Promise.race([work, aborted]).finally(() => over.abort())
}
