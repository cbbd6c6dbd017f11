/** Reads the rest of a dataset in the background: with all threads, or slowly beside a run that trains. */
import { DataError, type ImageSet, type OpenWriter } from '../data/source.ts'
import { wait } from '../wait.ts'

/** `full`: with all threads. `slow`: one image at a time, with rests. `held`: not at all. */
export type Pace = 'full' | 'slow' | 'held'

export interface AuditHost {
  readonly onProgress: (done: number, total: number) => void
  /** The set with all that is known; also after the audit was stopped. */
  readonly onEnd: (set: ImageSet) => void
  readonly onFailure: (error: unknown) => void
  /** A cache for the pixels of the images that are read at full pace. */
  readonly openCache: () => { readonly open: OpenWriter; readonly end: () => Promise<void> }
  /** Milliseconds. */
  readonly now: () => number
  /** Cores of this machine. */
  readonly cores: number
}

export interface Audit {
  /** Resolves once no image is read at the pace before. */
  readonly setPace: (pace: Pace) => Promise<void>
  /** Ends the audit, and tells what is known by then. */
  readonly stop: () => void
  /** Ends the audit without a word. */
  readonly drop: () => void
  /** Resolves with the set once all images have been read. Rejects where the audit ends before. */
  readonly complete: Promise<ImageSet>
}

/** Longest rest between two images, in milliseconds. */
const longestRest = 2000

/**
 * Rests after each image in proportion to the time that it took, so that a run that computes on the same cores hardly slows
 * down: the audit takes a ninth of a core where there are two.
 */
export function createTurn(now: () => number, cores: number): (signal: AbortSignal) => Promise<void> {
  let began: number | null = null
  return async (signal) => {
    if (began !== null) await wait(Math.min(longestRest, (16 / cores) * (now() - began)), signal)
    began = now()
  }
}

interface State {
  readonly host: AuditHost
  readonly set: ImageSet
  /** Aborted by `stop`, with a DataError, and by `drop`. */
  readonly over: AbortController
  pace: Pace
  /** Ends the current stretch. */
  stretch: AbortController
  /** Settles when the stretch has ended. */
  ended: Promise<void>
}

/** Reads at one pace until the pace changes or all is read; null where it was interrupted. */
async function readStretch(state: State): Promise<ImageSet | null> {
  const { host, set, over, pace } = state
  if (pace === 'held' || !set.audit) return null
  const { signal } = state.stretch
  const cache = pace === 'full' ? host.openCache() : null
  try {
    return await set.audit({
      ...(cache ? { cache: cache.open } : { turn: createTurn(host.now, host.cores) }),
      onProgress: host.onProgress,
      signal: AbortSignal.any([signal, over.signal]),
    })
  } catch (error) {
    if (signal.aborted || over.signal.aborted) return null
    throw error
  } finally {
    await cache?.end()
  }
}

/** Reads stretch by stretch. Rejects with the reason where the audit fails or is over. */
async function readAll(state: State): Promise<ImageSet> {
  const { over } = state
  for (;;) {
    const { signal } = state.stretch
    const reading = readStretch(state)
    state.ended = reading.then(
      () => {},
      () => {},
    )
    const read = await reading
    if (read) return read
    over.signal.throwIfAborted()
    if (!signal.aborted) await untilAborted(AbortSignal.any([signal, over.signal]))
    over.signal.throwIfAborted()
    state.stretch = new AbortController()
  }
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

async function run(state: State): Promise<ImageSet> {
  const { host, set, over } = state
  try {
    const read = await readAll(state)
    host.onEnd(read)
    return read
  } catch (error) {
    if (over.signal.reason instanceof DataError && set.asKnown) host.onEnd(await set.asKnown())
    else if (!over.signal.aborted) host.onFailure(error)
    throw error
  }
}

/** Begins to read the images of a dataset that were not read yet. */
export function createAudit(set: ImageSet, host: AuditHost, pace: Pace): Audit {
  const state: State = {
    host,
    set,
    over: new AbortController(),
    pace,
    stretch: new AbortController(),
    ended: Promise.resolve(),
  }
  const complete = run(state)
  complete.catch(() => {})
  return {
    setPace: async (next) => {
      if (next === state.pace) return
      state.pace = next
      state.stretch.abort()
      await state.ended
    },
    stop: () => state.over.abort(new DataError('Not all images were read, because their check was stopped.')),
    drop: () => state.over.abort(),
    complete,
  }
}
