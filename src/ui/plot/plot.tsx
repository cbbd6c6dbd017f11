/** One plot on two axes: a frame with marks, and an overlay above them that reacts to the pointer. */
import { type ComponentProps, type ReactNode, useState } from 'react'
import { PlotArea } from './plot-area.tsx'
import { PlotFrame, type PlotShape } from './plot-frame.tsx'
import { ReadoutLine } from './readout.tsx'

/** What the overlay needs: the plot's shape, and the place above the plot where it shows values. */
export interface OverlayShape extends PlotShape {
  readonly readoutPlace: HTMLElement | null
}

export interface PlotProps extends Omit<ComponentProps<typeof PlotFrame>, 'width'> {
  /** The layer above the drawing; see `PlotOverlay`. */
  readonly overlay: (shape: OverlayShape) => ReactNode
}

export function Plot({ height: preferred, overlay, ...frame }: PlotProps) {
  const { right, xDomain } = frame
  const [readoutPlace, setReadoutPlace] = useState<HTMLElement | null>(null)
  return (
    <div className="plot-block">
      <ReadoutLine place={setReadoutPlace} />
      <PlotArea height={preferred}>
        {(width, height) => (
          <>
            <PlotFrame {...frame} width={width} height={height} />
            {overlay({ width, height, right, xDomain, readoutPlace })}
          </>
        )}
      </PlotArea>
    </div>
  )
}
