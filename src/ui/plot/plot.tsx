/** One plot on two axes: recharts draws the frame, paths are its marks, and an overlay above them reacts to the pointer. */
import { type ReactNode, useState } from 'react'
import { PlotArea } from './plot-area.tsx'
import { PlotFrame } from './plot-frame.tsx'
import type { PlotShape } from './plot-scales.ts'
import { ReadoutLine } from './readout.tsx'
import type { YAxisModel } from './y-axis.ts'

/** What the overlay needs: the plot's shape, and the place above the plot where it shows values. */
export interface OverlayShape extends PlotShape {
  readonly readoutPlace: HTMLElement | null
}

export interface PlotProps extends Omit<PlotShape, 'width'> {
  /** The drawing's accessible name. */
  readonly label: string
  readonly xLabel: string
  readonly formatX: (value: number) => string
  readonly yLabel: string
  readonly yAxis: YAxisModel
  readonly formatY: (value: number) => string
  /** The layer above the drawing; see `PlotOverlay`. */
  readonly overlay: (shape: OverlayShape) => ReactNode
  /** Marks. */
  readonly children: ReactNode
}

export function Plot(props: PlotProps) {
  const { height: preferred, right, xDomain, overlay, children, ...frame } = props
  const [readoutPlace, setReadoutPlace] = useState<HTMLElement | null>(null)
  return (
    <div className="plot-block">
      <ReadoutLine place={setReadoutPlace} />
      <PlotArea height={preferred}>
        {(width, height) => (
          <>
            <PlotFrame {...frame} width={width} height={height} right={right} xDomain={xDomain}>
              {children}
            </PlotFrame>
            {overlay({ width, height, right, xDomain, readoutPlace })}
          </>
        )}
      </PlotArea>
    </div>
  )
}
