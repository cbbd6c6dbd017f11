/** Scrolls a region of the page to where nothing covers it. */

/** Parts that stay in place while the charts scroll. */
const fixed = '.header, .regularizer'

const gap = 8

/** The lowest edge of what is fixed above a region. */
const coveredTo = (element: Element): number =>
  Math.max(
    0,
    ...[...document.querySelectorAll(fixed)]
      .filter((part) => part !== element && getComputedStyle(part).position === 'sticky')
      .map((part) => part.getBoundingClientRect().bottom),
  )

/** The box that scrolls: the middle of the page, or the whole page on a narrow screen. */
function scrollerOf(element: Element): Element | Window {
  const center = element.closest('.center')
  return center && getComputedStyle(center).overflowY !== 'visible' ? center : window
}

/** Shows the top of the page's middle, with the tabs and the note about the recorded run. */
export function toTop(): void {
  const center = document.querySelector('#charts')
  if (center) scrollerOf(center).scrollTo({ top: 0, behavior: 'instant' })
}

/** Moves at once: the frame around the region is what moves slowly. `card` covers the bottom where it is a sheet. */
export function bringIntoView(element: Element, card: Element | null): void {
  const scroller = scrollerOf(element)
  const view = scroller instanceof Element ? scroller.getBoundingClientRect() : { top: 0, bottom: window.innerHeight }
  const sheet = scroller === window && card ? card.getBoundingClientRect().top : view.bottom
  const { top, bottom } = element.getBoundingClientRect()
  const free = () => Math.max(view.top, coveredTo(element)) + gap
  if (top >= free() - gap && bottom <= Math.min(view.bottom, sheet)) return
  element.scrollIntoView({ block: 'start', behavior: 'instant' })
  scroller.scrollBy({ top: element.getBoundingClientRect().top - free(), behavior: 'instant' })
}
