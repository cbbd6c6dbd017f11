/** A frame around one region of the page, which dims the rest. It follows the region when the page scrolls or changes. */
import { useEffect, useState } from 'react'

interface Box {
  readonly top: number
  readonly left: number
  readonly width: number
  readonly height: number
}

/** Milliseconds between two looks at where the region is, for changes that no event reports. */
const interval = 200

const around = 4

/** The part of an element that its scrolling box shows, with some space around it. */
function boxOf(element: Element): Box {
  const own = element.getBoundingClientRect()
  const view = element.closest('.center')?.getBoundingClientRect()
  const top = Math.max(own.top - around, view?.top ?? 0, 0)
  const bottom = Math.min(own.bottom + around, view?.bottom ?? own.bottom + around)
  const left = own.left - around
  return { top, left, width: own.width + 2 * around, height: Math.max(0, bottom - top) }
}

const same = (a: Box | null, b: Box | null) =>
  a === b || (a && b && a.top === b.top && a.left === b.left && a.width === b.width && a.height === b.height)

/** Where an element is; null while there is none. */
export function useBox(find: () => Element | null): Box | null {
  const [box, setBox] = useState<Box | null>(null)
  useEffect(() => {
    const look = () => {
      const element = find()
      const next = element && boxOf(element)
      setBox((before) => (same(before, next) ? before : next))
    }
    look()
    const timer = setInterval(look, interval)
    window.addEventListener('scroll', look, { capture: true, passive: true })
    window.addEventListener('resize', look)
    return () => {
      clearInterval(timer)
      window.removeEventListener('scroll', look, { capture: true })
      window.removeEventListener('resize', look)
    }
  }, [find])
  return box
}

export const Spotlight = ({ box }: { readonly box: Box }) => <div className="tour-light" style={{ ...box }} />
