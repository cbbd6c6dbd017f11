/** The frame of a plot: recharts' drawing with its grid and axes. */
import { scaleLinear } from 'd3-scale'
import type { ReactNode } from 'react'
import { CartesianGrid, ComposedChart, XAxis, YAxis } from 'recharts'
import type { YAxisModel } from './y-axis.ts'
import './plot.css'

/** Space around the plot area, in pixels: y labels on the left, names of lines on the right. */
export const margins = { left: 52, right: 64, top: 10, bottom: 40 } as const

/** The size and x domain that frame and overlay share. */
export interface PlotShape {
  readonly width: number
  readonly height: number
  /** Space for the names of lines, in pixels; `margins.right` if absent. */
  readonly right?: number
  readonly xDomain: readonly [number, number]
}

interface Props extends PlotShape {
  readonly label: string
  readonly rows: readonly object[]
  readonly xLabel: string
  readonly formatX: (value: number) => string
  readonly yLabel: string
  readonly yAxis: YAxisModel
  readonly formatY: (value: number) => string
  /** recharts elements. */
  readonly children: ReactNode
}

/** Up to seven round numbers inside the domain, as many as fit. */
function xTicks([from, to]: readonly [number, number], inner: number): number[] {
  return scaleLinear()
    .domain([from, to])
    .ticks(Math.max(2, Math.min(7, Math.round(inner / 60))))
}

const tick = { fill: 'var(--ink-2)', fontSize: 12 }

export function PlotFrame(props: Props) {
  const { width, height, right = margins.right, xDomain, label, rows, xLabel, formatX } = props
  const { yLabel, yAxis, formatY, children } = props
  return (
    <ComposedChart
      data={rows as object[]}
      width={width}
      height={height}
      margin={{ top: margins.top, right, bottom: 18, left: 0 }}
      accessibilityLayer={false}
      title={label}
    >
      <CartesianGrid vertical={false} stroke="var(--grid)" />
      <XAxis
        dataKey="x"
        type="number"
        domain={[...xDomain]}
        allowDataOverflow
        height={margins.bottom - 18}
        tick={tick}
        tickLine={{ stroke: 'var(--line-2)' }}
        axisLine={{ stroke: 'var(--line-2)' }}
        tickFormatter={formatX}
        ticks={xTicks(xDomain, width - margins.left - right)}
        label={{ value: xLabel, position: 'insideBottomRight', offset: -14, ...tick }}
      />
      <YAxis
        type="number"
        domain={[...yAxis.domain]}
        scale={yAxis.scale}
        ticks={[...yAxis.ticks]}
        interval={0}
        allowDataOverflow
        width={margins.left}
        tick={tick}
        tickLine={false}
        axisLine={false}
        tickFormatter={formatY}
        label={{
          value: yLabel,
          angle: -90,
          position: 'insideLeft',
          offset: 10,
          style: { textAnchor: 'middle' },
          ...tick,
        }}
      />
      {children}
    </ComposedChart>
  )
}
