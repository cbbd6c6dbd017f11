/** Shows an element of the page over all others. It stays where it is in the document, so it keeps its state and the focus. */
import { createContext, type RefObject, useContext, useEffect, useState } from 'react'

const FullScreen = createContext(false)
export const FullScreenProvider = FullScreen.Provider

/** True inside a chart that fills the screen. */
export const useIsFullScreen = (): boolean => useContext(FullScreen)

/** Whether an element only speaks: a live region that nothing can be pressed in. */
const isSpoken = (element: Element) =>
  element.matches('[aria-live], [role="status"]') && !element.querySelector('a, button, input, select, [tabindex]')

/** Makes everything outside of the element inert, except what only speaks. Returns a function that undoes it. */
function isolate(element: HTMLElement): () => void {
  const changed: HTMLElement[] = []
  for (let inner = element; inner !== document.body && inner.parentElement; inner = inner.parentElement) {
    for (const sibling of inner.parentElement.children) {
      if (sibling === inner || !(sibling instanceof HTMLElement) || sibling.inert || isSpoken(sibling)) continue
      sibling.inert = true
      changed.push(sibling)
    }
  }
  return () => {
    for (const sibling of changed) sibling.inert = false
  }
}

/** Whether the element fills the screen, and a function that changes it. Escape leaves. */
export function useFullScreen(section: RefObject<HTMLElement | null>): [boolean, (full: boolean) => void] {
  const [isFull, setFull] = useState(false)
  useEffect(() => {
    if (!isFull || !section.current) return
    const restore = isolate(section.current)
    const leave = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) setFull(false)
    }
    document.addEventListener('keydown', leave)
    return () => {
      document.removeEventListener('keydown', leave)
      restore()
    }
  }, [isFull, section])
  return [isFull, setFull]
}
