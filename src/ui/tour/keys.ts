/** The keys of the tour: Escape, and the arrows to the left and right. */
import { useEffect, useRef } from 'react'

interface Acts {
  readonly next: () => void
  readonly back: () => void
  readonly end: () => void
}

const acts: Readonly<Record<string, keyof Acts>> = { ArrowRight: 'next', ArrowLeft: 'back', Escape: 'end' }

/** Elements that have keys of their own. */
const ownKeys = 'button, a, input, select, textarea, [role="slider"], [role="dialog"], [tabindex="0"]'

/** The keys act where the focus is in the card, or on nothing that has keys of its own. They reach nobody else then. */
export function useTourKeys(card: { readonly current: HTMLElement | null }, given: Acts): void {
  const current = useRef(given)
  useEffect(() => {
    current.current = given
  })
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const act = acts[event.key]
      if (!act || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
      const { target } = event
      const isOurs = target instanceof Element && (card.current?.contains(target) || !target.closest(ownKeys))
      if (!isOurs) return
      event.preventDefault()
      event.stopPropagation()
      current.current[act]()
    }
    document.addEventListener('keydown', press, { capture: true })
    return () => document.removeEventListener('keydown', press, { capture: true })
  }, [card])
}
