/**
 * The size of an element in whole pixels, null until it is known. The element must not grow with its content, or it keeps
 * the size that it had in a wider window; `.plot` sees to that.
 */
import { type RefCallback, useCallback, useState } from 'react'

export interface Size {
  readonly width: number
  readonly height: number
}

export function useSize(): [Size | null, RefCallback<HTMLElement>] {
  const [size, setSize] = useState<Size | null>(null)
  const ref = useCallback((element: HTMLElement | null) => {
    if (!element) return
    const observer = new ResizeObserver(([entry]) => {
      const [width, height] = [Math.floor(entry.contentRect.width), Math.floor(entry.contentRect.height)]
      setSize((before) => (before?.width === width && before.height === height ? before : { width, height }))
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [size, ref]
}
