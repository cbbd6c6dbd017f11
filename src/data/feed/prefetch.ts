/**
 * Runs jobs in order, one or two ahead of their use, so that input is ready when it is needed. Stops reading ahead
 * when the consumer leaves. Rejects where a job does, or with the signal's reason.
 */
export async function* prefetch<T>(
  jobs: readonly (() => Promise<T>)[],
  signal: AbortSignal,
  ahead = 2,
): AsyncGenerator<T> {
  const started: Promise<T>[] = []
  let next = 0
  const fill = () => {
    while (next < jobs.length && started.length <= ahead) {
      const job = jobs[next++]()
      // A failure is met when its turn comes; until then, or if it never does, it must not count as unhandled.
      job.catch(() => {})
      started.push(job)
    }
  }
  for (fill(); started.length > 0; fill()) {
    signal.throwIfAborted()
    yield await (started.shift() as Promise<T>)
  }
}
