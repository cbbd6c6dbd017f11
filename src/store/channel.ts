/** A sequence of values that one side writes and one reader waits for. */
export interface Channel<T> {
  readonly push: (value: T) => void
  /** Ends the sequence after the values so far. */
  readonly close: () => void
  /** Ends the sequence with an error after the values so far. */
  readonly fail: (error: Error) => void
  readonly values: AsyncIterable<T>
}

interface ChannelState<T> {
  readonly waiting: T[]
  end: { readonly error: Error | null } | null
  wake: () => void
}

async function* read<T>(state: ChannelState<T>): AsyncGenerator<T> {
  try {
    for (;;) {
      while (state.waiting.length > 0) yield state.waiting.shift() as T
      if (state.end?.error) throw state.end.error
      if (state.end) return
      await new Promise<void>((resolve) => {
        state.wake = resolve
      })
    }
  } finally {
    // A reader that leaves early gets no more values, which would pile up.
    state.end ??= { error: null }
  }
}

/** An open channel without values. */
export function createChannel<T>(): Channel<T> {
  const state: ChannelState<T> = { waiting: [], end: null, wake: () => {} }
  const change = (apply: () => void) => {
    if (state.end) return
    apply()
    state.wake()
  }
  return {
    push: (value) => change(() => state.waiting.push(value)),
    close: () => change(() => (state.end = { error: null })),
    fail: (error) => change(() => (state.end = { error })),
    values: read(state),
  }
}
