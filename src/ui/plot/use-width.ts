/** Width of an element, followed as it changes; 0 until it is known. */
import { type RefCallback, useCallback, useRef, useState } from 'react'

export function useWidth(): [number, RefCallback<HTMLElement>] {
  const [width, setWidth] = useState(0)
  const observer = useRef<ResizeObserver | null>(null)
  const ref = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect()
    if (!element) return
    observer.current = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)))
    observer.current.observe(element)
  }, [])
  return [width, ref]
}
