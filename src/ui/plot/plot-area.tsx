/** The box of a drawing. Its width follows the page and never the drawing inside it. */
import type { ReactNode } from 'react'
import { useWidth } from './use-width.ts'
import './plot.css'

interface Props {
  /** In pixels; that of the drawing if absent. */
  readonly height?: number
  readonly className?: string
  /** Draws at a width in pixels. Not called while the width is unknown. */
  readonly children: (width: number) => ReactNode
}

export function PlotArea({ height, className = '', children }: Props) {
  const [width, ref] = useWidth()
  return (
    <div className={`plot ${className}`.trim()} ref={ref} style={{ height }}>
      {width > 0 && children(width)}
    </div>
  )
}
