/**
 * Starts jobs in order, up to `ahead` before their results are needed, and yields the results. Starts no more jobs once the
 * consumer returns. Rejects with a job's error, or with the signal's reason.
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
      // Awaiting the job reports its failure; this only avoids an unhandled rejection.
      job.catch(() => {})
      started.push(job)
    }
  }
  for (fill(); started.length > 0; fill()) {
    signal.throwIfAborted()
    yield await (started.shift() as Promise<T>)
  }
}
