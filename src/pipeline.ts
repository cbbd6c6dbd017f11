/** Overlaps work: starts the next piece before the result of the last one has arrived, and yields results in order. */

/**
 * A queue of results on their way, for instance of GPU readbacks. Results leave in the order in which they were pushed.
 * A rejection surfaces at `settle`; until then it never becomes an unhandled rejection.
 */
export interface Pipeline<R> {
  readonly push: (result: Promise<R>) => void
  /** Yields the oldest results until at most `left` are in flight. Throws the rejection of a result that failed. */
  readonly settle: (left: number) => AsyncGenerator<R>
}

export function createPipeline<R>(): Pipeline<R> {
  const inFlight: Promise<R>[] = []
  return {
    push: (result) => {
      result.catch(() => {})
      inFlight.push(result)
    },
    settle: async function* (left) {
      while (inFlight.length > left) yield await (inFlight.shift() as Promise<R>)
    },
  }
}

/** How many results may be in flight, so that the GPU has work while a result travels. */
export const pipelineDepth = 2

/**
 * Starts work on each item and yields the results in order, with up to `depth` of them in flight. After a failure no
 * further work starts; the generator throws once the started work has settled.
 */
export async function* pipelined<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  start: (item: T) => Promise<R>,
  depth = pipelineDepth,
): AsyncGenerator<R> {
  const started: Promise<R>[] = []
  const { push, settle } = createPipeline<R>()
  try {
    for await (const item of items) {
      const result = start(item)
      started.push(result)
      push(result)
      if (started.length > depth) started.shift()
      yield* settle(depth)
    }
    yield* settle(0)
  } finally {
    await Promise.allSettled(started)
  }
}
