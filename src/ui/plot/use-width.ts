/**
 * The width of an element in whole pixels, 0 until it is known. The element must not grow with its content, or it keeps
 * the width that it had in a wider window; `.plot` sees to that.
 */
import { type RefCallback, useCallback, useState } from 'react'

export function useWidth(): [number, RefCallback<HTMLElement>] {
  const [width, setWidth] = useState(0)
  const ref = useCallback((element: HTMLElement | null) => {
    if (!element) return
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [width, ref]
}
