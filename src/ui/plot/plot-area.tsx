/** The box of a drawing. Its size follows the page and never the drawing inside it. */
import type { CSSProperties, ReactNode } from 'react'
import { useSize } from './use-size.ts'
import './plot.css'

interface Props {
  /** The height in pixels where the frame gives no other; that of the drawing if absent. */
  readonly height?: number
  readonly className?: string
  /** Draws at a size in pixels. Not called while the size is unknown. */
  readonly children: (width: number, height: number) => ReactNode
}

/** A style with the custom property that the style sheet reads, which `CSSProperties` does not name. */
type PlotStyle = CSSProperties & { readonly '--plot-height'?: string }

export function PlotArea({ height, className = '', children }: Props) {
  const [size, ref] = useSize()
  const style: PlotStyle = height === undefined ? {} : { '--plot-height': `${height}px` }
  const sized = height === undefined ? 'plot' : 'plot sized'
  return (
    <div className={`${sized} ${className}`.trim()} ref={ref} style={style}>
      {size && size.width > 0 && children(size.width, size.height)}
    </div>
  )
}
