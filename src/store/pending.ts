/** Promises that the lab has given to callers and that answers of the worker settle. */
import type { LoggedEvent } from '../protocol/run-events.ts'
import type { Channel } from './channel.ts'

/** A reason why something could not be done, which the page already shows. */
export class LabError extends Error {
  override name = 'LabError'
}

/** A run could not be resumed, because its images are others than those that it began with. */
export class ChangedImages extends LabError {
  override name = 'ChangedImages'
}

/** The user cancelled or stopped it. */
export const cancelled = (message: string): DOMException => new DOMException(message, 'AbortError')

export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError'

export interface Deferred {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** A promise and its two ends. A rejection that no caller awaits is not an unhandled one. */
export function createDeferred(): Deferred {
  let resolve = () => {}
  let reject: Deferred['reject'] = () => {}
  const promise = new Promise<void>((done, failed) => {
    resolve = done
    reject = failed
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}

export interface Pending {
  /** The dataset that is being read. */
  reading: Deferred | null
  /** Events of the active run. */
  run: Channel<LoggedEvent> | null
  /** The measurement in progress. */
  measurement: Deferred | null
  /** Cancels the preparation of an attempt to resume the failed run; null without one. */
  recovery: AbortController | null
  /** The run that was shown before the active one, with its newest resume point. */
  before: { readonly id: string | null; readonly point: number } | null
  /** Cancels the opening of a stored run; null without one. */
  opening: AbortController | null
}

export const nothingPending = (): Pending => ({
  reading: null,
  run: null,
  measurement: null,
  recovery: null,
  before: null,
  opening: null,
})

/** Settles a promise and forgets it; without an error it resolves. */
export function settle(pending: Pending, name: 'reading' | 'measurement', error: Error | null): void {
  const deferred = pending[name]
  pending[name] = null
  if (error) deferred?.reject(error)
  else deferred?.resolve()
}
