/** One plot on two axes: recharts draws frame and marks, and an overlay above them reacts to the pointer. */
import { type ReactNode, useState } from 'react'
import { Line } from 'recharts'
import { PlotArea } from './plot-area.tsx'
import { PlotFrame, type PlotShape } from './plot-frame.tsx'
import { ReadoutLine } from './readout.tsx'
import type { PlotRow, YAxisModel } from './y-axis.ts'

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
  /** The rows that recharts' marks draw from. Absent if every mark has its own rows. */
  readonly rows?: readonly PlotRow[]
  /** The layer above the drawing; see `PlotOverlay`. */
  readonly overlay: (shape: OverlayShape) => ReactNode
  /** Marks: recharts elements. */
  readonly children: ReactNode
}

/** The corners of the plot. recharts draws no axis without a mark, so they carry an invisible one. */
const corners = ({ xDomain, yAxis }: PlotProps): PlotRow[] => xDomain.map((x, i) => ({ x, y: yAxis.domain[i] }))

export function Plot(props: PlotProps) {
  const { height: preferred, right, xDomain, rows, overlay, children, ...frame } = props
  const [readoutPlace, setReadoutPlace] = useState<HTMLElement | null>(null)
  return (
    <div className="plot-block">
      <ReadoutLine place={setReadoutPlace} />
      <PlotArea height={preferred}>
        {(width, height) => (
          <>
            <PlotFrame
              {...frame}
              width={width}
              height={height}
              right={right}
              xDomain={xDomain}
              rows={rows ?? corners(props)}
            >
              {children}
              {!rows && <Line dataKey="y" stroke="none" dot={false} activeDot={false} isAnimationActive={false} />}
            </PlotFrame>
            {overlay({ width, height, right, xDomain, readoutPlace })}
          </>
        )}
      </PlotArea>
    </div>
  )
}
