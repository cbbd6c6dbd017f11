/** One plot on two axes: recharts draws frame and marks, and an overlay above them reacts to the pointer. */
import type { ReactNode } from 'react'
import { Line } from 'recharts'
import { PlotArea } from './plot-area.tsx'
import { PlotFrame, type PlotShape } from './plot-frame.tsx'
import type { PlotRow, YAxisModel } from './y-axis.ts'

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
  readonly overlay: (shape: PlotShape) => ReactNode
  /** Marks: recharts elements. */
  readonly children: ReactNode
}

/** The corners of the plot. recharts draws no axis without a mark, so they carry an invisible one. */
const corners = ({ xDomain, yAxis }: PlotProps): PlotRow[] => xDomain.map((x, i) => ({ x, y: yAxis.domain[i] }))

export function Plot(props: PlotProps) {
  const { height, right, xDomain, rows, overlay, children, ...frame } = props
  return (
    <PlotArea height={height}>
      {(width) => (
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
          {overlay({ width, height, right, xDomain })}
        </>
      )}
    </PlotArea>
  )
}
