/**
 * Loads values one at a time and keeps the last while the next one loads, so that a view does not flicker while training or
 * scrubbing goes on. A value is shown with what it belongs to.
 */
import { messageOf } from '../../message.ts'

export type Loaded<T> =
  /** `busy`: another value is being loaded. */
  | { readonly status: 'ready'; readonly value: T; readonly busy: boolean }
  | { readonly status: 'loading' }
  | { readonly status: 'failed'; readonly message: string }

interface Wish<T> {
  readonly scope: string
  readonly key: string
  readonly load: () => Promise<T>
}

export interface Latest<T> {
  /** Asks for the value of a key. Values of another scope, such as another run, are forgotten at once. */
  readonly want: (scope: string, key: string, load: () => Promise<T>) => void
  readonly state: () => Loaded<T>
  readonly subscribe: (listener: () => void) => () => void
}

const loading = { status: 'loading' } as const

export function createLatest<T>(): Latest<T> {
  const listeners = new Set<() => void>()
  let state: Loaded<T> = loading
  let wanted: Wish<T> | null = null
  let active: Wish<T> | null = null
  const show = (next: Loaded<T>) => {
    state = next
    for (const listener of listeners) listener()
  }
  const finish = (wish: Wish<T>, next: Loaded<T>) => {
    active = null
    if (wish.scope === wanted?.scope) show(next)
    if (wanted && wanted !== wish) begin(wanted)
  }
  const begin = (wish: Wish<T>) => {
    active = wish
    wish.load().then(
      (value) => finish(wish, { status: 'ready', value, busy: wanted !== wish }),
      (error: unknown) => finish(wish, { status: 'failed', message: messageOf(error) }),
    )
  }
  return {
    want: (scope, key, load) => {
      if (wanted?.scope === scope && wanted.key === key) return
      const isOther = wanted?.scope !== scope
      wanted = { scope, key, load }
      if (isOther) show(loading)
      else if (state.status === 'ready' && !state.busy) show({ ...state, busy: true })
      if (!active) begin(wanted)
    },
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
