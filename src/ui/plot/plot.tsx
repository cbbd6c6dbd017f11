/** One plot on two axes: a frame with marks, and an overlay above them that reacts to the pointer. */
import type { ComponentProps, ReactNode } from 'react'
import { PlotArea } from './plot-area.tsx'
import { PlotFrame, type PlotShape } from './plot-frame.tsx'

export interface PlotProps extends Omit<ComponentProps<typeof PlotFrame>, 'width'> {
  /** The layer above the drawing; see `PlotOverlay`. */
  readonly overlay: (shape: PlotShape) => ReactNode
}

export function Plot({ overlay, ...frame }: PlotProps) {
  const { height, right, xDomain } = frame
  return (
    <PlotArea height={height}>
      {(width) => (
        <>
          <PlotFrame {...frame} width={width} />
          {overlay({ width, height, right, xDomain })}
        </>
      )}
    </PlotArea>
  )
}
