/** Hands values from work that calls a function to a reader that iterates. */

interface Offer<T> {
  readonly value: T
  readonly taken: () => void
  readonly refuse: (reason: Error) => void
}

/**
 * Yields what `work` puts, in order. A `put` resolves when the reader has dealt with the value and asks for the next one, so
 * the work is never ahead of its reader. When the reader ends early, `put` rejects. Rejects with the error of the work.
 */
export async function* handOver<T>(work: (put: (value: T) => Promise<void>) => Promise<void>): AsyncGenerator<T> {
  const offers: Offer<T>[] = []
  let [wake, ended, closed] = [() => {}, false, false]
  let current: Offer<T> | undefined
  const left = new Error('nobody reads the events any more')
  const put = (value: T) =>
    new Promise<void>((taken, refuse) => {
      if (closed) return refuse(left)
      offers.push({ value, taken, refuse })
      wake()
    })
  const working = work(put).finally(() => {
    ended = true
    wake()
  })
  // It is awaited below; until then its rejection is not unhandled.
  working.catch(() => {})
  try {
    for (;;) {
      while (offers.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      current = offers.shift()
      if (!current) break
      yield current.value
      current.taken()
    }
  } finally {
    closed = true
    for (const { refuse } of [current, ...offers].flatMap((offer) => offer ?? [])) refuse(left)
    await working
  }
}

/** Puts every value of a generator, which ends when a `put` rejects. */
export async function putAll<T>(values: AsyncIterable<T>, put: (value: T) => Promise<void>): Promise<void> {
  for await (const value of values) await put(value)
}
