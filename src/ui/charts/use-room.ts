/** Gives the first row of charts the height that is left on the screen, where two of them stand beside each other. */
import { type RefCallback, useCallback } from 'react'

/** The width at which two charts stand beside each other, in pixels; the style sheet follows from it. */
const widthForTwo = 732
/** The height at which the charts can still be read, and that from which they gain nothing, in pixels. */
const [lowest, highest] = [380, 680] as const
/** Space below the row, in pixels. */
const below = 12

function giveRoom(grid: HTMLElement, scroller: HTMLElement): void {
  const isScroller = getComputedStyle(scroller).overflowY !== 'visible'
  grid.toggleAttribute('data-beside', isScroller && grid.clientWidth >= widthForTwo)
  // A chart that fills the screen is out of the row; its neighbour has kept its place.
  const first = grid.querySelector('.first:not(.full)')
  if (!first) return
  const top = first.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop
  const room = Math.min(highest, Math.max(lowest, Math.floor(scroller.clientHeight - top - below)))
  grid.style.setProperty('--room', `${room}px`)
}

/** For the element that holds the charts. What stands above them may change at any time. */
export function useRoom(): RefCallback<HTMLElement> {
  return useCallback((grid: HTMLElement | null) => {
    const scroller = grid?.closest('main')
    if (!grid || !scroller) return
    const observer = new ResizeObserver(() => giveRoom(grid, scroller))
    for (const element of [scroller, grid, grid.parentElement]) if (element) observer.observe(element)
    return () => observer.disconnect()
  }, [])
}
