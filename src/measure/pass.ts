/** A pass over images: work on several batches is in flight, so that the GPU never waits for a readback. */
import type { Executor, Graph } from '../gpu/executor.ts'
import { pipelined } from '../pipeline.ts'

/**
 * Yields each batch once its graph is compiled. Until then it asks for no other batch, because that may overwrite this one's
 * memory.
 */
export async function* compiledFor<T>(
  executor: Executor,
  batches: AsyncIterable<T> | Iterable<T>,
  graphOf: (batch: T) => Graph,
): AsyncGenerator<T> {
  for await (const batch of batches) {
    await executor.prepare(graphOf(batch))
    yield batch
  }
}

/**
 * Starts `work` on each batch before the results of earlier ones have arrived, and yields the results in order. Throws
 * AbortError between batches, and the first failure of `work`.
 */
export async function* pass<T, R>(
  batches: AsyncIterable<T> | Iterable<T>,
  work: (batch: T) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<R> {
  const results = pipelined(batches, async (batch) => {
    signal?.throwIfAborted()
    return work(batch)
  })
  for await (const result of results) {
    signal?.throwIfAborted()
    yield result
  }
}
