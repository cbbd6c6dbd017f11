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
 * A component that loads its code when it is first rendered, and shows `fallback` meanwhile. The Boundary around it shows a
 * failed load, and its button loads again.
 */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  fallback: ReactNode = <p className="quiet">Loading…</p>,
): Later<Props> {
  const code = codeOf(load)
  const Loading = (props: Props) => {
    code.throwFailure()
    use(code.begin())
    const Component = code.loaded()
    return Component && <Component {...props} />
  }
  const Part = (props: Props) => {
    const Component = code.loaded()
    if (Component) return <Component {...props} />
    return (
      <Suspense fallback={fallback}>
        <Loading {...props} />
      </Suspense>
    )
  }
  return Object.assign(Part, { preload: () => void code.begin().then(code.forgetFailure) })
}
