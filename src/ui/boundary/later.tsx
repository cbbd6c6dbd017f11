/** Parts of the page whose code is loaded when they are first shown, so that the page opens with less. */
import { type ComponentType, type ReactNode, Suspense, use } from 'react'

export type Later<Props extends object> = ComponentType<Props> & {
  /** Loads the code ahead of its first use, which loads it again if that fails. */
  readonly preload: () => void
}

/** The code of a component: loaded once, and again after a failure that was shown. */
function codeOf<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  let loaded: ComponentType<Props> | null = null
  let failure: { readonly error: unknown } | null = null
  let pending: Promise<void> | null = null
  const begin = (): Promise<void> => {
    pending ??= load().then(
      (component) => {
        loaded = component
      },
      (error: unknown) => {
        failure = { error }
      },
    )
    return pending
  }
  const forget = () => {
    failure = null
    pending = null
  }
  const forgetFailure = () => {
    if (failure) forget()
  }
  const throwFailure = () => {
    if (!failure) return
    // React renders a failing component a second time at once, which must fail as well.
    setTimeout(forget)
    throw failure.error
  }
  return { begin, forgetFailure, throwFailure, loaded: () => loaded }
}

/**
 * Like React's lazy: a component that loads its code when it is first rendered, within a Suspense. Unlike it, the code is
 * loaded again when the user tries again after a failure, which the Boundary around it shows.
 */
export function loadable<Props extends object>(load: () => Promise<ComponentType<Props>>): Later<Props> {
  const code = codeOf(load)
  const Part = (props: Props) => {
    if (!code.loaded()) {
      code.throwFailure()
      use(code.begin())
    }
    const Component = code.loaded()
    return Component && <Component {...props} />
  }
  return Object.assign(Part, { preload: () => void code.begin().then(code.forgetFailure) })
}

/** A loadable component that shows `fallback` while its code loads. */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  fallback: ReactNode = <p className="quiet">Loading…</p>,
): Later<Props> {
  const Loadable = loadable(load)
  const Part = (props: Props) => (
    <Suspense fallback={fallback}>
      <Loadable {...props} />
    </Suspense>
  )
  return Object.assign(Part, { preload: Loadable.preload })
}
